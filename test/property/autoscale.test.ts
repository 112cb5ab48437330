import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { History, STEP_FACTOR, STEP_MIN, TOLERANCE } from "../../manager/autoscale/decide-replicas.ts";
import type { AutoscaleRules } from "../../shared/autoscale.ts";

const EVERY_MS = 5_000;
const rules: fc.Arbitrary<AutoscaleRules> = fc.record({
  min: fc.integer({ min: 1, max: 5 }),
  max: fc.integer({ min: 5, max: 30 }),
  cpuPercent: fc.integer({ min: 1, max: 200 }),
  memoryPercent: fc.constant(null),
  upMs: fc.integer({ min: 0, max: 30 }).map((seconds) => seconds * 1_000),
  downMs: fc.integer({ min: 0, max: 120 }).map((seconds) => seconds * 1_000),
});
const looks = fc.array(
  fc.record({ cpus: fc.double({ min: 0, max: 60, noNaN: true }), isComplete: fc.boolean(), gap: fc.boolean() }),
  { maxLength: 120 },
);
const start = fc.nat(40);

/** What happens to a service over all looks: each decision takes effect at once. */
function play(
  given: AutoscaleRules,
  all: readonly { readonly cpus: number; readonly isComplete: boolean; readonly gap: boolean }[],
  first: number,
  onDecision: (from: number, to: number, atMs: number) => void,
): number {
  const history = new History(given, 3 * EVERY_MS);
  let current = Math.min(given.max, Math.max(given.min, first));
  let atMs = 0;
  for (const { cpus, isComplete, gap } of all) {
    atMs += gap ? 10 * EVERY_MS : EVERY_MS;
    const use = { what: "cpu", sum: cpus * 1e9, each: 1e9, wantedPercent: given.cpuPercent ?? 0 } as const;
    const decision = history.note({ atMs, uses: [use], isComplete }, current);
    if (decision === null) continue;
    onDecision(current, decision.replicas, atMs);
    current = decision.replicas;
  }
  return current;
}

test("whatever is measured, the number stays within its bounds and grows by limited steps", () => {
  fc.assert(
    fc.property(rules, looks, start, (given, all, first) => {
      play(given, all, first, (from, to) => {
        assert.notEqual(from, to, "a decision changes something");
        assert(to >= given.min && to <= given.max);
        assert(to < from || to <= Math.max(from * STEP_FACTOR, from + STEP_MIN));
      });
    }),
    { numRuns: 500 },
  );
});

test("there are never fewer tasks unless all were measured all the time of the window", () => {
  fc.assert(
    fc.property(rules, looks, start, (given, all, first) => {
      const times: { readonly atMs: number; readonly isComplete: boolean }[] = [];
      let atMs = 0;
      for (const { isComplete, gap } of all) {
        atMs += gap ? 10 * EVERY_MS : EVERY_MS;
        times.push({ atMs, isComplete });
      }
      play(given, all, first, (from, to, now) => {
        if (to > from) return;
        const window = times.filter((look) => look.atMs <= now && look.atMs >= now - given.downMs);
        assert(window.every(({ isComplete }) => isComplete));
      });
    }),
    { numRuns: 500 },
  );
});

test("under a load that stays the same the number settles where the use is about as wanted, and stays there", () => {
  fc.assert(
    fc.property(rules, fc.double({ min: 0, max: 60, noNaN: true }), start, (given, cpus, first) => {
      const steady = Array.from({ length: 400 }, () => ({ cpus, isComplete: true, gap: false }));
      const changes: number[] = [];
      const last = play(given, steady, first, (_from, to, atMs) => changes.push(atMs + 0 * to));
      assert((changes.at(-1) ?? 0) < 300 * EVERY_MS, "it comes to rest");
      const needed = (cpus * 100) / (given.cpuPercent ?? 1);
      const isEnough = last === given.max || needed <= last * (1 + TOLERANCE) + 1e-9;
      const isNotTooMuch = last === given.min || needed >= (last - 1) * (1 - TOLERANCE) - 1e-9;
      assert(isEnough && isNotTooMuch, `${last} tasks where ${needed} are needed`);
    }),
    { numRuns: 300 },
  );
});
