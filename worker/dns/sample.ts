import type { Random } from "../../shared/ports/random.ts";

/**
 * At most `max` of the items in an order of chance: a stretch that begins anywhere, shuffled, so that each item comes
 * as often as any other. One draw of `random` and no copy of all, however many there are: a strong draw for each of
 * thousands would take longer than the rest of the answer.
 */
export function sample<T>(items: readonly T[], max: number, random: Random): readonly T[] {
  if (items.length <= 1) return items;
  let state = random.below(2 ** 32 - 1) + 1;
  const next = (bound: number): number => {
    // xorshift32 (Marsaglia); never 0.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  const start = next(items.length);
  const drawn = Array.from({ length: Math.min(items.length, max) }, (_, at) => items[(start + at) % items.length] as T);
  for (let last = drawn.length - 1; last > 0; last--) {
    const other = next(last + 1);
    [drawn[last], drawn[other]] = [drawn[other] as T, drawn[last] as T];
  }
  return drawn;
}
