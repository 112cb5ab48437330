/**
 * Two lists without what both begin and end with: what is left of thousands when one line of a table has changed. Items
 * are flat. Pure; equal lists leave nothing.
 */
export function differing<Item extends string | object>(
  left: readonly Item[],
  right: readonly Item[],
): readonly [left: readonly Item[], right: readonly Item[]] {
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && isSame(left[start], right[start])) start++;
  let end = 0;
  while (end < shorter - start && isSame(left.at(-1 - end), right.at(-1 - end))) end++;
  return [left.slice(start, left.length - end), right.slice(start, right.length - end)];
}

/** Most are the very same. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  const entries = Object.entries(left);
  return (
    entries.length === Object.keys(right).length &&
    entries.every(([key, value]) => (right as Readonly<Record<string, unknown>>)[key] === value)
  );
}
