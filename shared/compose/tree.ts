/**
 * The values of a file with the lines they stand on: what is merged, filled in and brought into one form before it is
 * read into types. Immutable, so that aliases share what they refer to.
 */
import type { Place } from "./place.ts";

export type Tree = Scalar | List | Mapping;

interface Written {
  /** The line of its key, or of itself in a list. */
  readonly place: Place;
  /** `!reset`: takes away what files before said; `!override`: stands instead of it. */
  readonly mark: "reset" | "override" | null;
}

export type ScalarValue = string | number | bigint | boolean | null;

export interface Scalar extends Written {
  readonly kind: "scalar";
  readonly value: ScalarValue;
  /** As written, when it was written plainly: `0440` is not the same file mode as 288. Else null. */
  readonly source: string | null;
}

export interface List extends Written {
  readonly kind: "list";
  readonly items: readonly Tree[];
}

export interface Mapping extends Written {
  readonly kind: "mapping";
  /** Keys may be anyone's words. */
  readonly entries: ReadonlyMap<string, Tree>;
}

export function scalar(value: ScalarValue, place: Place): Scalar {
  return { kind: "scalar", value, source: null, place, mark: null };
}

export function list(items: readonly Tree[], place: Place): List {
  return { kind: "list", items, place, mark: null };
}

export function mapping(entries: Iterable<readonly [string, Tree]>, place: Place): Mapping {
  return { kind: "mapping", entries: new Map(entries), place, mark: null };
}

/** With one entry changed, or added at the end. */
export function withEntry(tree: Mapping, key: string, value: Tree): Mapping {
  return { ...tree, entries: new Map(tree.entries).set(key, value) };
}

export function withoutEntry(tree: Mapping, key: string): Mapping {
  const entries = new Map(tree.entries);
  entries.delete(key);
  return { ...tree, entries };
}

/** The entry, if it is there and a mapping. */
export function mappingAt(tree: Mapping, key: string): Mapping | null {
  const entry = tree.entries.get(key);
  return entry?.kind === "mapping" ? entry : null;
}

/** The entry's text, if it is there and has one. */
export function textAt(tree: Mapping, key: string): string | null {
  const entry = tree.entries.get(key);
  return entry?.kind === "scalar" && entry.value !== null ? textOf(entry.value) : null;
}

/** The text that a value stands for where text is wanted. */
export function textOf(value: ScalarValue): string {
  if (value === null) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

/** How messages show a value, short enough to leave the sentence readable. */
export function shown(tree: Tree): string {
  if (tree.kind === "list") return "a list";
  if (tree.kind === "mapping") return "a mapping";
  if (tree.value === null) return "nothing";
  const text = typeof tree.value === "string" ? JSON.stringify(tree.value) : textOf(tree.value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}...`;
}

/** More of a value would hide the message about it. */
const SHOWN_CHARACTERS_MAX = 80;
