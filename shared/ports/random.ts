/**
 * The only source of randomness. `fork(name)` gives an independent stream, so that a new draw in one component never
 * shifts the draws of another and a failing seed stays failing.
 */
export interface Random {
  /** A whole number in [0, bound). `bound` is 1..2^48. */
  below(bound: number): number;
  /** `length` bytes; cryptographically strong in production, seeded in a simulation. */
  bytes(length: number): Uint8Array;
  fork(name: string): Random;
}

/** One element, uniformly. @throws when the list is empty. */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError("pick from an empty list");
  return item;
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const held = copy[last] as T;
    copy[last] = copy[other] as T;
    copy[other] = held;
  }
  return copy;
}
