import assert from "node:assert/strict";
import { test } from "node:test";
import { EVERY_RUN, FAILED_ONCE, RARE } from "./corpus.ts";
import { runFullSimulation } from "./run.ts";
import { FULL_FAULTS, FULL_SITUATIONS } from "./sometimes.ts";

const SEEDS = Array.from({ length: EVERY_RUN }, (_, at) => at + 1);

test(`seeds 1 to ${EVERY_RUN} and the rare ones break no promise, and come to every situation and fault`, async () => {
  const counts = new Map<string, number>();
  for (const seed of [...SEEDS, ...RARE.map((rare) => rare.seed)]) {
    const result = await runFullSimulation(seed);
    for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
  }
  assert.equal(counts.get("converged"), EVERY_RUN + RARE.length);
  const never = [...FULL_FAULTS, ...Object.keys(FULL_SITUATIONS)].filter((what) => (counts.get(what) ?? 0) === 0);
  assert.deepEqual(never, [], "these never happened");
});

for (const { seed, why } of FAILED_ONCE) {
  test(`seed ${seed}, which failed once: ${why}`, async () => {
    assert.equal((await runFullSimulation(seed)).counts.get("converged"), 1);
  });
}

test("the same seed gives the same run, step by step and byte by byte", async () => {
  for (const seed of [3, 7, 11]) {
    const [first, second] = [await runFullSimulation(seed), await runFullSimulation(seed)];
    assert.equal(first.hash, second.hash, `seed ${seed}`);
    assert.equal(first.steps, second.steps, `seed ${seed}`);
  }
  assert.notEqual((await runFullSimulation(3)).hash, (await runFullSimulation(7)).hash, "other seeds give other runs");
});
