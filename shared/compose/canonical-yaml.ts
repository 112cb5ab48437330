import { Document, type Node, YAMLMap, YAMLSeq } from "yaml";
import { ENVIRONMENT_VALUE } from "./file-kind.ts";
import type { ComposeProject } from "./project.ts";
import type { Mapping, Tree } from "./tree.ts";

/**
 * The project as one Compose file that needs no other file, variable or directory: what `stack config` prints. Loading
 * it again gives the same project. Values of the environment that secrets and configs are made of are not in it.
 */
export function projectAsYaml({ canonical, disabledServices }: ComposeProject): string {
  return treeAsYaml({ ...canonical, entries: new Map(written(canonical, disabledServices)) });
}

/** Sections with something in them, and services that take part. */
function* written(tree: Mapping, disabled: ComposeProject["disabledServices"]): Generator<readonly [string, Tree]> {
  for (const [key, section] of tree.entries) {
    if (section.kind !== "mapping") yield [key, section];
    else if (key === "services") {
      const enabled = [...section.entries].filter(([name]) => !disabled.has(name));
      yield [key, { ...section, entries: new Map(enabled) }];
    } else if (section.entries.size > 0) yield [key, section];
  }
}

type Dollars = "doubled" | "as written";

/** Words that older readers of YAML take for something else than text are in quotes. */
export function treeAsYaml(tree: Mapping, dollars: Dollars = "doubled"): string {
  const document = new Document(null, { schema: "yaml-1.1" });
  document.contents = nodeOf(tree, dollars, document);
  return document.toString({ lineWidth: 0 });
}

/** With mappings in their order, and keys of any name. */
function nodeOf(tree: Tree, dollars: Dollars, document: Document): Node {
  if (tree.kind === "scalar") {
    const isDoubled = typeof tree.value === "string" && dollars === "doubled";
    return document.createNode(isDoubled ? String(tree.value).replaceAll("$", () => "$$") : tree.value) as Node;
  }
  if (tree.kind === "list") {
    const list = new YAMLSeq(document.schema);
    for (const item of tree.items) list.items.push(nodeOf(item, dollars, document));
    return list;
  }
  const map = new YAMLMap(document.schema);
  for (const [key, entry] of tree.entries) {
    if (key !== ENVIRONMENT_VALUE) map.items.push(document.createPair(key, nodeOf(entry, dollars, document)));
  }
  return map;
}
