import assert from "node:assert/strict";
import { test } from "node:test";
import type { Canary } from "./options.ts";
import { runSimulation, SimFailure } from "./run.ts";

/** A sample for every run of the tests; `node scripts/sim.ts raft --seeds N` runs more. */
const SEEDS = Array.from({ length: 25 }, (_, at) => at + 1);

/**
 * Seeds that fail where a bug that was once there is planted again (`sim canaries` finds the seed anew when runs change).
 */
const FAILED_ONCE: readonly (readonly [number, string])[] = [
  [516, "a group of one answered a read before it had committed an entry in its new term"],
];

/** States that a run must reach now and then: a fault that never happens proves nothing. */
const SOMETIMES = [
  "becameLeader",
  "conflictFound",
  "confChangeApplied",
  "confChangeIgnored",
  "crashLosingWrites",
  "history_ok",
  "jointApplied",
  "leaderGone",
  "leavingJoint",
  "lowerTermPersisted",
  "partition",
  "pause",
  "quorumLost",
  "readAnswered",
  "snapshotFastForwarded",
  "snapshotIgnored",
  "snapshotRestored",
  "timeoutNowReceived",
  "unstableReplaced",
  "voteIgnored",
] as const;

test(`seeds ${SEEDS[0]} to ${SEEDS.at(-1)} break no promise, and every fault has happened in them`, () => {
  console.log(`raft simulation, seeds ${SEEDS[0]}..${SEEDS.at(-1)}`);
  const counts = new Map<string, number>();
  for (const seed of SEEDS) {
    for (const [what, count] of runSimulation(seed).counts) counts.set(what, (counts.get(what) ?? 0) + count);
  }
  const never = SOMETIMES.filter((what) => (counts.get(what) ?? 0) === 0);
  assert.deepEqual(never, [], "these never happened");
});

for (const [seed, what] of FAILED_ONCE) {
  test(`seed ${seed}, which failed once: ${what}`, () => {
    assert.equal(runSimulation(seed).counts.get("converged"), 1);
  });
}

test("the same seed gives the same run, event by event", () => {
  for (const seed of [3, 7, 11]) {
    const [first, second] = [runSimulation(seed), runSimulation(seed)];
    assert.equal(first.hash, second.hash, `seed ${seed}`);
    assert.equal(first.events, second.events, `seed ${seed}`);
  }
  assert.notEqual(runSimulation(3).hash, runSimulation(7).hash, "other seeds give other runs");
});

/** From which seed on, and within how many, each planted fault is noticed. A vote is seldom lost just when it matters. */
const CANARIES: readonly (readonly [Canary, number, number])[] = [
  ["lyingDisk", 1, 1],
  ["wipedDisk", 1, 5],
  ["forgottenVote", 45, 5],
  ["localReads", 1, 3],
];

for (const [canary, from, seedsMax] of CANARIES) {
  test(`a planted fault is noticed within ${seedsMax} seeds from ${from} on: ${canary}`, () => {
    for (let seed = from; seed < from + seedsMax; seed++) {
      try {
        runSimulation(seed, { canary });
      } catch (error) {
        assert.ok(error instanceof SimFailure);
        assert.match(error.message, new RegExp(`^seed ${seed}: Violation: [^]*--seed ${seed} --canary ${canary}`));
        return;
      }
    }
    assert.fail(`${seedsMax} seeds ran to their end`);
  });
}
