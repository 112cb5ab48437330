import { differing } from "./differing.ts";

/** A table of packet rules as data: rendered whole, or as the change from what is loaded. Pure. */

export interface RuleTable {
  readonly family: "ip" | "ip6" | "inet";
  readonly name: string;
  readonly sets: readonly NamedSet[];
  /** A chain comes after those that its rules name; elements may name any. */
  readonly chains: readonly RuleChain[];
}

/** A named set or map: what changes from minute to minute, while the rules that look into it stay. */
export interface NamedSet {
  readonly kind: "set" | "map";
  readonly name: string;
  /** What nft derives the type of the elements from. */
  readonly typeOf: string;
  /** The kernel adds elements for packets it sees and takes them away by itself: never told, never compared. */
  readonly dynamic: { readonly size: number; readonly timeoutSeconds: number } | null;
  /** As nft takes them. */
  readonly elements: readonly string[];
}

export interface RuleChain {
  readonly name: string;
  /** "" = it is only jumped to. */
  readonly hook: string;
  readonly rules: readonly string[];
}

/** The input of `nft -f -` that replaces the table, whether it is there or not, in one transaction. */
export function renderTable(table: RuleTable): string {
  const { family, name, sets, chains } = table;
  const parts = [...sets.map(renderSet), ...chains.map(renderChain)].flatMap((part) => part.split("\n"));
  const body = parts.map((line) => `  ${line}`);
  return [`table ${family} ${name} {}`, `delete table ${family} ${name}`, `table ${family} ${name} {`, ...body, "}", ""]
    .join("\n")
    .replace(/^ +$/gm, "");
}

/**
 * The input of `nft -f -` that turns `before`, which is loaded, into `after`, in one transaction whose size is that of
 * the difference; "" = nothing to do, null = only the whole table will do.
 */
export function renderTableChange(before: RuleTable, after: RuleTable): string | null {
  const table = `${after.family} ${after.name}`;
  const chainsBefore = new Map(before.chains.map((chain) => [chain.name, chain]));
  const chainsAfter = new Map(after.chains.map((chain) => [chain.name, chain]));
  const setsBefore = new Map(before.sets.map((set) => [set.name, set]));
  const setsAfter = new Set(after.sets.map(({ name }) => name));
  const isAltered =
    `${before.family} ${before.name}` !== table ||
    after.sets.some((set) => isOther(setsBefore.get(set.name), set, (known) => setLines(known).join("\n"))) ||
    after.chains.some((chain) => isOther(chainsBefore.get(chain.name), chain, ({ hook }) => hook)) ||
    // Where packets begin is never taken away alone.
    [...before.chains, ...after.chains].some(
      ({ name, hook }) => hook !== "" && !(chainsBefore.has(name) && chainsAfter.has(name)),
    );
  if (isAltered) return null;
  return [
    ...after.sets
      .filter(({ name }) => !setsBefore.has(name))
      .map((set) => `add ${set.kind} ${table} ${set.name} { ${setLines(set).join("; ")}; }\n`),
    ...after.chains.flatMap((chain) => chainChange(table, chainsBefore.get(chain.name) ?? null, chain)),
    ...after.sets.flatMap((set) => elementChange(`${table} ${set.name}`, setsBefore.get(set.name)?.elements, set)),
    // Last: what leads to them has gone by now.
    ...before.chains.filter(({ name }) => !chainsAfter.has(name)).map(({ name }) => `delete chain ${table} ${name}\n`),
    ...before.sets
      .filter(({ name }) => !setsAfter.has(name))
      .map(({ kind, name }) => `delete ${kind} ${table} ${name}\n`),
  ].join("");
}

/** Whether what a change cannot alter is different. */
function isOther<Item>(before: Item | undefined, after: Item, fixed: (item: Item) => string): boolean {
  return before !== undefined && before !== after && fixed(before) !== fixed(after);
}

function chainChange(table: string, before: RuleChain | null, after: RuleChain): readonly string[] {
  const { name, rules } = after;
  if (before !== null && (before === after || isSameList(before.rules, rules))) return [];
  return [
    before === null ? `add chain ${table} ${name}\n` : `flush chain ${table} ${name}\n`,
    ...rules.map((rule) => `add rule ${table} ${name} ${rule}\n`),
  ];
}

/** Removals first: the new element may have the key of an old one. */
function elementChange(set: string, before: readonly string[] | undefined, after: NamedSet): readonly string[] {
  if (before === after.elements) return [];
  const [oldAlone, wantedAlone] = differing(before ?? [], after.elements);
  const [old, wanted] = [new Set(oldAlone), new Set(wantedAlone)];
  const line = (verb: "add" | "delete", elements: readonly string[]): readonly string[] =>
    elements.length === 0 ? [] : [`${verb} element ${set} { ${elements.join(", ")} }\n`];
  return [
    ...line(
      "delete",
      [...old].filter((element) => !wanted.has(element)),
    ),
    ...line(
      "add",
      [...wanted].filter((element) => !old.has(element)),
    ),
  ];
}

/** All but the elements. */
function setLines({ typeOf, dynamic }: NamedSet): readonly string[] {
  if (dynamic === null) return [`typeof ${typeOf}`];
  const { size, timeoutSeconds } = dynamic;
  return [`typeof ${typeOf}`, `size ${size}`, "flags dynamic,timeout", `timeout ${timeoutSeconds}s`];
}

function renderSet(set: NamedSet): string {
  const { kind, name, elements } = set;
  const list = elements.length === 0 ? [] : [`elements = { ${elements.join(", ")} }`];
  return [`${kind} ${name} {`, ...[...setLines(set), ...list].map((line) => `  ${line}`), "}"].join("\n");
}

function renderChain({ name, hook, rules }: RuleChain): string {
  const head = hook === "" ? [] : [`  type ${hook}; policy accept;`];
  return [`chain ${name} {`, ...head, ...rules.map((rule) => `  ${rule}`), "}"].join("\n");
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, at) => item === right[at]);
}
