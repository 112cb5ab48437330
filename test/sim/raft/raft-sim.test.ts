import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_ONCE, NOTICED, RARE } from "./corpus.ts";
import { FAULTS } from "./faults.ts";
import { runSimulation, SimFailure } from "./run.ts";
import { SOMETIMES } from "./sometimes.ts";

/** The same for every run of the tests; explore.test.ts and `scripts/sim raft` go where nobody has been. */
const SEEDS = Array.from({ length: 200 }, (_, at) => at + 1);

/** Of what members tell of themselves: what must have happened in those runs too. */
const EVENTS = ["confChangeIgnored", "history_ok", "leaderGone", "leavingJoint", "quorumLost", "survivors"] as const;

test(`seeds ${SEEDS[0]} to ${SEEDS.at(-1)} and the rare ones break no promise, and come to every situation and fault`, () => {
  const counts = new Map<string, number>();
  for (const seed of [...SEEDS, ...RARE.map((rare) => rare.seed)]) {
    for (const [what, count] of runSimulation(seed).counts) counts.set(what, (counts.get(what) ?? 0) + count);
  }
  const never = [...FAULTS, ...Object.keys(SOMETIMES), ...EVENTS].filter((what) => (counts.get(what) ?? 0) === 0);
  assert.deepEqual(never, [], "these never happened");
});

for (const { seed, why } of FAILED_ONCE) {
  test(`seed ${seed}, which failed once: ${why}`, () => {
    assert.equal(runSimulation(seed).counts.get("converged"), 1);
  });
}

test("the same seed gives the same run, step by step", () => {
  for (const seed of [3, 7, 11]) {
    const [first, second] = [runSimulation(seed), runSimulation(seed)];
    assert.equal(first.hash, second.hash, `seed ${seed}`);
    assert.equal(first.steps, second.steps, `seed ${seed}`);
  }
  assert.notEqual(runSimulation(3).hash, runSimulation(7).hash, "other seeds give other runs");
});

for (const [canary, from, seedsMax] of NOTICED) {
  test(`a planted fault is noticed within ${seedsMax} seeds from ${from} on: ${canary}`, () => {
    for (let seed = from; seed < from + seedsMax; seed++) {
      try {
        runSimulation(seed, { canary });
      } catch (error) {
        assert.ok(error instanceof SimFailure);
        assert.match(error.message, new RegExp(`^seed ${seed}: [^]*--seed ${seed} --canary ${canary}`));
        return;
      }
    }
    assert.fail(`${seedsMax} seeds ran to their end`);
  });
}
