import type { Canary } from "./options.ts";

/** A seed worth running for ever. */
export interface Remembered {
  readonly seed: number;
  readonly why: string;
}

/**
 * Seeds that fail where a bug that was once there is planted again. When what a seed draws changes, so do all runs:
 * plant it (`scripts/sim canaries --only NAME --seeds 6000`) and note the seed that finds it now.
 */
export const FAILED_ONCE: readonly Remembered[] = [
  { seed: 58, why: "a group of one read before it had committed an entry in its new term (onlyVoterReadsAtOnce)" },
  {
    seed: 2506,
    why: "whoever had the longest log did not know that it was a voter again, and nobody else could win (commitNotLearned)",
  },
  {
    seed: 2115422648,
    why: "two that did not know each other as members asked for votes in terms that never met (staleAskerLeftAlone)",
  },
  { seed: 300006229, why: "only a learner had heard that the change was committed, and nobody asked it" },
];

/** Seeds that come to situations which most do not; `scripts/sim raft --seeds 5000` tells how rare each is. */
export const RARE: readonly Remembered[] = [
  { seed: 90, why: "a snapshot arrives while entries are being written" },
  { seed: 2044, why: "an entry held by a quorum is overwritten, as in Figure 8 (d)" },
];

/** Faults planted in the simulated world, from which seed on and within how many they are noticed. */
export const NOTICED: readonly (readonly [canary: Canary, from: number, seedsMax: number])[] = [
  ["lyingDisk", 1, 5],
  ["wipedDisk", 1, 5],
  ["forgottenVote", 20, 10],
  ["localReads", 1, 5],
  ["wildClocks", 275, 5],
];
