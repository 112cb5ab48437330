import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { coreCanaries } from "./all.ts";
import { type CoreHunter, hunt } from "./hunt.ts";
import { plant } from "./planted-tree.ts";

/** A sample, by who must find them and within how many seeds; `scripts/sim canaries` plants them all. */
const SAMPLE: readonly (readonly [name: string, hunter: CoreHunter, seeds: number])[] = [
  ["twoVotes", "simulator", 10],
  ["acknowledgesBeforeWrite", "simulator", 10],
  ["commitBeyondVerified", "unit", 0],
  ["transferObeysLease", "unit", 0],
];

for (const [name, hunter, seeds] of SAMPLE) {
  test(`a bug planted in the core is found by the ${hunter}: ${name}`, () => {
    const canary = coreCanaries.find((one) => one.name === name);
    assert.ok(canary !== undefined);
    const [caught] = hunt(canary, [hunter], seeds);
    assert.equal(caught?.found, true, caught?.how ?? "nobody looked");
  });
}

test("without a planted bug nobody raises an alarm", () => {
  const alarms = hunt(null, ["unit", "simulator"], 1).filter(({ found }) => found);
  assert.deepEqual(alarms, []);
});

test("the planted copy is gone afterwards", () => {
  let path: string;
  {
    using tree = plant(null);
    path = tree.path;
    assert.ok(existsSync(path));
  }
  assert.ok(!existsSync(path));
});
