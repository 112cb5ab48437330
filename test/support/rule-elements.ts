/**
 * Changes elements of sets in the text of a table of packet rules, as `nft -f -` would in the kernel.
 * @throws Error for a line that is no such change, or one that the kernel would refuse.
 */
export function changeElements(rules: string | null, text: string): string {
  let changed = rules ?? "";
  for (const line of text.trimEnd().split("\n")) {
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
