/**
 * Changes elements of sets, and chains of one rule, in the text of a table of packet rules, as `nft -f -` would in the
 * kernel. @throws Error for a line that is no such change, or one that the kernel would refuse.
 */
export function changeElements(rules: string | null, text: string): string {
  let changed = rules ?? "";
  for (const line of text.trimEnd().split("\n")) {
    const chain = /^(?:flush chain|add rule) ip swarm (\w+) ?(.*)$/.exec(line);
    if (chain !== null) {
      changed = setChain(changed, chain[1] ?? "", chain[2] ?? "");
      continue;
    }
    const [, verb, name, list = ""] = /^(\w+) element ip swarm (\w+) \{ (.*) \}$/.exec(line) ?? [];
    const at = new RegExp(`((?:set|map) ${name} \\{\\n +typeof [^\\n]+)(?:\\n +elements = \\{ (.*) \\})?\\n`);
    const found = at.exec(changed);
    if (found === null) throw new Error("No such file or directory");
    const old = found[2] === undefined ? [] : found[2].split(", ");
    const named = list.split(", ");
    const left = old.filter((element) => !named.includes(element));
    if (verb === "delete" && left.length + named.length !== old.length) throw new Error("element does not exist");
    const elements = verb === "add" ? [...left, ...named].sort() : left;
    const after = elements.length === 0 ? "" : `\n    elements = { ${elements.join(", ")} }`;
    changed = changed.replace(at, () => `${found[1]}${after}\n`);
  }
  return changed;
}

function setChain(rules: string, name: string, rule: string): string {
  const at = new RegExp(`( +)chain ${name} \\{\\n(?: +[^\\n]+\\n)?? +\\}\\n`);
  const indent = at.exec(rules)?.[1];
  if (indent === undefined) throw new Error("No such file or directory");
  const body = rule === "" ? "" : `${indent}  ${rule}\n`;
  return rules.replace(at, () => `${indent}chain ${name} {\n${body}${indent}}\n`);
}
