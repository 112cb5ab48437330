/** What a path that leads nowhere gives; Go prints it like this. */
export const NO_VALUE = "<no value>";

type Plain = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Go's truth: empty strings, lists and maps, 0, false and nil are false. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As Go's `%v`: `[a b]` for a list, `map[k:v]` for a map, in the order of keys. */
export function goText(value: unknown): string {
  if (value === undefined || value === null) return NO_VALUE;
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(innerText).join(" ")}]`;
  if (!isMap(value)) return String(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${entries.map(([key, each]) => `${key}:${innerText(each)}`).join(" ")}]`;
}

function innerText(value: unknown): string {
  return value === undefined || value === null ? "<nil>" : goText(value);
}

/**
 * Elements with their keys, as `range` goes through them, maps in the order of keys; null for what is not a collection.
 */
export function elementsOf(value: unknown): readonly (readonly [number | string, unknown])[] | null {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((each, at) => [at, each]);
  if (isMap(value)) return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return null;
}
