import { strict as assert } from "node:assert";
import { test } from "node:test";
import { calledFor, History, type Look, type ReplicasDecision } from "../../../../manager/autoscale/decide-replicas.ts";
import { parseAutoscale } from "../../../../shared/autoscale.ts";

const EVERY_MS = 5_000;
const RULES = parseAutoscale("min=2,max=10,cpu=50%,up=15s,down=60s");
const CPU = 1e9;

/** Of tasks that each have one CPU, so many in use. */
const look = (atMs: number, cpus: number, isComplete = true): Look => ({
  atMs,
  uses: [{ what: "cpu", sum: cpus * CPU, each: CPU, wantedPercent: 50 }],
  isComplete,
});

/** Looks every five seconds, until a decision. @returns it, and after how many seconds it came. */
function decide(
  cpusAt: (second: number) => number | readonly [cpus: number, isComplete: boolean],
  current: number,
  untilS = 600,
): { readonly second: number; readonly decision: ReplicasDecision } | null {
  const history = new History(RULES, 3 * EVERY_MS);
  for (let atMs = 0; atMs <= untilS * 1000; atMs += EVERY_MS) {
    const said = cpusAt(atMs / 1000);
    const [cpus, isComplete] = typeof said === "number" ? [said, true] : said;
    const decision = history.note(look(atMs, cpus, isComplete), current);
    if (decision !== null) return { second: atMs / 1000, decision };
  }
  return null;
}

for (const [name, cpus, current, isComplete, replicas] of [
  ["as many tasks as it takes for each to use what is wanted", 2.9, 4, true, 6],
  ["as many as there are where it differs by little", 2.15, 4, true, 4],
  ["fewer where less is used", 1.2, 8, true, 3],
  ["never fewer than the least number", 0, 5, true, 2],
  ["never more than the greatest", 50, 5, true, 10],
  ["no fewer than there are while some task was not measured", 0.5, 6, false, 6],
  ["more all the same: what was not measured only adds to it", 4, 6, false, 8],
] as const) {
  test(`a look calls for ${name}`, () => {
    assert.equal(calledFor(RULES, look(0, cpus, isComplete), current).replicas, replicas);
  });
}

test("a look calls for what the scarcer resource needs", () => {
  const memory = { what: "memory", sum: 700, each: 100, wantedPercent: 100 } as const;
  const { replicas, why } = calledFor(RULES, { ...look(0, 1), uses: [...look(0, 1).uses, memory] }, 4);
  assert.equal(replicas, 7);
  assert.equal(why, "memory at 175% instead of 100%");
});

test("more tasks once more were called for all the time of the window", () => {
  assert.deepEqual(
    decide(() => 3, 2),
    {
      second: 15,
      decision: { replicas: 6, reason: "cpu at 150% instead of 50%, for 15 s" },
    },
  );
  // A dip begins the window anew.
  assert.equal(decide((second) => (second === 10 ? 1 : 3), 2)?.second, 30);
});

test("fewer tasks once fewer were called for all the time of the longer window", () => {
  assert.deepEqual(
    decide(() => 1, 6),
    {
      second: 60,
      decision: { replicas: 2, reason: "cpu at 17% instead of 50%, and no more for 1 min" },
    },
  );
  // As many as the busiest moment of the window called for.
  assert.equal(decide((second) => (second === 30 ? 2 : 0.1), 6)?.decision.replicas, 4);
});

test("one look without all measurements in the window keeps all tasks", () => {
  assert.equal(
    decide((second) => [0.1, second % 30 !== 0], 6),
    null,
  );
  assert.equal(decide((second) => [0.1, second !== 40], 6)?.second, 105);
});

test("a step up is at most twice as many, or four more", () => {
  assert.equal(decide(() => 100, 2)?.decision.replicas, 6);
  const { replicas } = decide(() => 100, 4)?.decision ?? {};
  assert.equal(replicas, 8);
});

test("looks too far apart are no window", () => {
  const history = new History(RULES, 3 * EVERY_MS);
  history.note(look(0, 3), 2);
  assert.equal(history.note(look(60_000, 3), 2), null, "nothing is known of the time between");
  history.note(look(65_000, 3), 2);
  history.note(look(70_000, 3), 2);
  assert.equal(history.note(look(75_000, 3), 2)?.replicas, 6);
});

test("without anything measured nothing is decided", () => {
  const history = new History(RULES, 3 * EVERY_MS);
  for (let atMs = 0; atMs < 600_000; atMs += EVERY_MS) {
    assert.equal(history.note({ atMs, uses: [], isComplete: false }, 5), null);
  }
});
