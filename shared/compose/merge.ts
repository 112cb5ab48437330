/**
 * Files over files. Mappings are merged key by key, lists are appended, other values are replaced; where the
 * specification says otherwise, there is a row here.
 */
import { isNothing } from "./collection-kinds.ts";
import { portKey } from "./ports.ts";
import { type List, type Mapping, mapping, type Tree, textAt, textOf } from "./tree.ts";

type Path = readonly string[];

type Rule =
  /** What comes later stands alone, also when it says nothing. */
  | { readonly kind: "replace" }
  /** A mapping whose values may be nothing, and are that then. */
  | { readonly kind: "pairs" }
  /** A list in which entries with the same key are one: the later one, at the place of the earlier. */
  | { readonly kind: "unique"; readonly keyOf: (item: Tree) => string }
  /** Options belong to their driver. */
  | { readonly kind: "ofDriver" }
  /** Entries with the same key are merged. */
  | { readonly kind: "mergeBy"; readonly key: string };

const whole = (item: Tree) => (item.kind === "scalar" ? textOf(item.value) : "");
/** `a=1` and `a=2` are one. */
const nameOf = (item: Tree) => whole(item).replace(/=.*$/s, "");
const at = (key: string) => (item: Tree) => (item.kind === "mapping" ? (textAt(item, key) ?? "") : whole(item));

const replace: Rule = { kind: "replace" };
const pairs: Rule = { kind: "pairs" };
const unique = (keyOf: (item: Tree) => string): Rule => ({ kind: "unique", keyOf });

const SERVICE_RULES: readonly (readonly [string, Rule])[] = [
  ...["command", "entrypoint", "healthcheck.test"].map((path) => [path, replace] as const),
  ...["ulimits.*", "build.ulimits.*"].map((path) => [path, replace] as const),
  ...["environment", "build.args", "build.ssh"].map((path) => [path, pairs] as const),
  ["logging", { kind: "ofDriver" }],
  ...["cap_add", "cap_drop", "dns", "dns_opt", "dns_search", "links", "profiles", "tmpfs"].map(
    (path) => [path, unique(nameOf)] as const,
  ),
  ...["build.tags", "networks.*.aliases", "networks.*.link_local_ips"].map((path) => [path, unique(nameOf)] as const),
  ...["expose", "extra_hosts", "build.extra_hosts"].map((path) => [path, unique(whole)] as const),
  ...["volumes", "devices", "secrets", "configs"].map((path) => [path, unique(at("target"))] as const),
  ["env_file", unique(at("path"))],
  ["ports", unique(portKey)],
];

/** By paths with "*" for any name. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ...SERVICE_RULES.map(([path, rule]) => [`services.*.${path}`, rule] as const),
  ["networks.*.ipam.config", { kind: "mergeBy", key: "subnet" }],
]);

/** Every path with a rule begins with a section and a name; further names are where the rules have a star. */
const NAMES_IN = new Set(["ulimits", "networks"]);

function ruleAt(path: Path): Rule | null {
  if (path.length < 3) return null;
  const pattern = path.map((key, index) =>
    index === 1 || (index > 2 && NAMES_IN.has(path[index - 1] ?? "")) ? "*" : key,
  );
  return RULES.get(pattern.join(".")) ?? null;
}

/** How what is taken away or stands alone is remembered, for another file below. */
export type Marks = "kept" | "used up";

/** `upper` over `lower`, which both are canonical forms at `path`. */
export function merged(lower: Tree, upper: Tree, path: Path, marks: Marks): Tree {
  if (upper.mark !== null) return marks === "kept" ? upper : { ...upper, mark: null };
  const rule = ruleAt(path);
  if (rule?.kind === "replace") return upper;
  if (isNothing(upper) && path.length > 0) return rule?.kind === "pairs" ? upper : lower;
  if (lower.kind === "mapping" && upper.kind === "mapping") {
    if (rule?.kind === "ofDriver" && isOtherDriver(lower, upper)) return upper;
    return mergedMappings(lower, upper, path, marks, rule?.kind === "pairs");
  }
  if (lower.kind === "list" && upper.kind === "list") {
    const items = [...lower.items, ...upper.items];
    if (rule?.kind === "unique") return uniqueList({ ...upper, items }, rule.keyOf);
    return { ...upper, items: rule?.kind === "mergeBy" ? mergedBy(items, rule.key, path, marks) : items };
  }
  return upper;
}

function isOtherDriver(lower: Mapping, upper: Mapping): boolean {
  const [below, above] = [textAt(lower, "driver"), textAt(upper, "driver")];
  return below !== null && above !== null && below !== above;
}

function mergedMappings(lower: Mapping, upper: Mapping, path: Path, marks: Marks, isPairs: boolean): Mapping {
  const entries = new Map(lower.entries);
  for (const [key, value] of upper.entries) {
    const below = entries.get(key);
    if (value.mark === "reset" && marks === "used up") entries.delete(key);
    else if (below === undefined || isPairs) entries.set(key, marks === "kept" ? value : withoutMarks(value));
    else entries.set(key, merged(below, value, [...path, key], marks));
  }
  return { ...mapping(entries, upper.place), mark: lower.mark };
}

/** The last entry with a key, at the place of the first. */
export function uniqueList(tree: List, keyOf: (item: Tree) => string): List {
  const items = new Map<string, Tree>();
  for (const item of tree.items) items.set(keyOf(item), item);
  return { ...tree, items: [...items.values()] };
}

function mergedBy(items: readonly Tree[], key: string, path: Path, marks: Marks): readonly Tree[] {
  const byKey = new Map<string, Tree>();
  for (const [index, item] of items.entries()) {
    const name = at(key)(item) || `#${index}`;
    const below = byKey.get(name);
    byKey.set(name, below === undefined ? item : merged(below, item, [...path, "*"], marks));
  }
  return [...byKey.values()];
}

/** As it stands when no file is below: what is taken away is gone, and repeated entries are one. */
export function withoutMarks(tree: Tree): Tree {
  const plain = tree.mark === null ? tree : { ...tree, mark: null };
  if (plain.kind === "scalar") return plain;
  if (plain.kind === "list") return { ...plain, items: plain.items.map(withoutMarks) };
  const entries = [...plain.entries].filter(([, value]) => value.mark !== "reset");
  return { ...plain, entries: new Map(entries.map(([key, value]) => [key, withoutMarks(value)])) };
}

/** Entries of lists that are said twice in one file count once, as in several files. */
export function withUniqueLists(tree: Tree, path: Path = []): Tree {
  if (tree.kind === "scalar") return tree;
  if (tree.kind === "mapping") {
    const entries = [...tree.entries].map(([key, value]) => [key, withUniqueLists(value, [...path, key])] as const);
    return { ...tree, entries: new Map(entries) };
  }
  const rule = ruleAt(path);
  return rule?.kind === "unique" ? uniqueList(tree, rule.keyOf) : tree;
}
