import assert from "node:assert/strict";
import { test } from "node:test";
import { loopCanaries } from "./all.ts";
import { huntInLoops, type LoopHunter } from "./hunt.ts";

/** A sample, by who must find them; `scripts/sim canaries` plants them all. */
const SAMPLE: readonly (readonly [name: string, hunter: LoopHunter])[] = [
  ["planLeavesTrace", "properties"],
  ["jobDoneTwice", "unit"],
];

for (const [name, hunter] of SAMPLE) {
  test(`a bug planted in the loops is found by the ${hunter}: ${name}`, () => {
    const canary = loopCanaries.find((one) => one.name === name);
    assert.ok(canary !== undefined);
    const [caught] = huntInLoops(canary, [hunter]);
    assert.equal(caught?.found, true, caught?.how ?? "nobody looked");
  });
}
