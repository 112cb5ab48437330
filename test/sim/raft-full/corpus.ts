import type { FullCanary } from "./canaries.ts";

/** Seeds from 1 on that every run of the tests goes through. */
export const EVERY_RUN = 60;

/** A seed worth running for ever. */
export interface Remembered {
  readonly seed: number;
  readonly why: string;
}

/**
 * Seeds that failed once, when their bugs were still there. When what a seed draws changes they are seeds like any
 * other; the bugs themselves have unit tests.
 */
export const FAILED_ONCE: readonly Remembered[] = [
  {
    seed: 252,
    why: "a founder woke up several changes of membership behind, and led a term that others had a leader in",
  },
  { seed: 2107204321, why: "a member won and lost an election within one turn, and kept the proposals of between" },
  { seed: 784, why: "a write followed one that had failed, because that was a removal" },
  { seed: 2106940158, why: "one of two was let go, and the other forgot it with its power" },
  { seed: 2107203770, why: "the same, by another way" },
  { seed: 62, why: "a log read twice at its start lost its old key to the rotation that the first reading finished" },
];

/** Seeds that come to situations which most do not; `scripts/sim raft-full --seeds 1000` tells how rare each is. */
export const RARE: readonly Remembered[] = [
  { seed: 93, why: "a disk has lost what it confirmed, and the witness knows" },
  { seed: 82, why: "a removed member has not heard that it was removed" },
  { seed: 313, why: "a disk fails while a member starts" },
];

/** Bugs planted at the ports of the shell, from which seed on and within how many they are noticed. */
export const NOTICED: readonly (readonly [canary: FullCanary, from: number, seedsMax: number])[] = [
  ["promiseBeforeWrite", 1, 2],
  ["hardStateUnsynced", 1, 2],
  ["voteApartFromTerm", 1, 2],
  ["failedWriteIgnored", 2, 3],
  ["pointerBeforeChunks", 2, 4],
  ["chunksUnsynced", 88, 150],
  ["compactsBeforeSnapshot", 1, 3],
  ["baseForgotten", 1, 3],
  ["tailKept", 8, 3],
  ["witnessIgnored", 90, 60],
  ["oldKeyDroppedEarly", 1, 3],
  ["newKeyNotSaved", 1, 3],
];
