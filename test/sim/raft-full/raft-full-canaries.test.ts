/** The simulation notices what it is there to notice. A file of its own, so that it runs beside the seeds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL_CANARIES } from "./canaries.ts";
import { NOTICED } from "./corpus.ts";
import { FullFailure, runFullSimulation } from "./run.ts";

for (const [canary, from, seedsMax] of NOTICED) {
  test(`a bug planted in the shell is noticed within ${seedsMax} seeds from ${from} on: ${canary}`, async () => {
    for (let seed = from; seed < from + seedsMax; seed++) {
      try {
        await runFullSimulation(seed, { canary });
      } catch (error) {
        assert.ok(error instanceof FullFailure);
        assert.match(error.message, new RegExp(`^seed ${seed}: [^]*--seed ${seed} --canary ${canary}`));
        return;
      }
    }
    assert.fail(`${seedsMax} seeds ran to their end`);
  });
}

test("every planted bug is one of those that are noticed", () => {
  const noticed = new Set(NOTICED.map(([canary]) => canary));
  assert.deepEqual(
    FULL_CANARIES.filter((canary) => canary !== "none" && !noticed.has(canary)),
    [],
  );
});
