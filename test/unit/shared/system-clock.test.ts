import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { systemClock } from "../../../shared/ports/system-clock.ts";

const TIMER_MS_MAX = 2 ** 31 - 1;
const HOUR_MS = 3_600_000;

test("a delay of any length is waited for, and can be called off at any time of it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const fired = mock.fn();
  systemClock.schedule(600 * HOUR_MS, "long", fired);
  const calledOff = systemClock.schedule(87_600 * HOUR_MS, "longer", fired);
  // Simulated timers start late where a tick passes over the end of an earlier one: to its end, then on.
  t.mock.timers.tick(TIMER_MS_MAX);
  t.mock.timers.tick(600 * HOUR_MS - TIMER_MS_MAX - 1);
  assert.equal(fired.mock.callCount(), 0);
  // One more, so that it is never early.
  t.mock.timers.tick(1 + 1);
  assert.equal(fired.mock.callCount(), 1);
  calledOff[Symbol.dispose]();
  for (let times = 0; times < 200; times++) t.mock.timers.tick(TIMER_MS_MAX);
  assert.equal(fired.mock.callCount(), 1);
});

test("what is no number is a mistake of ours and no timer", () => {
  assert.throws(() => systemClock.schedule(Number.NaN, "wrong", () => {}), /"wrong" without a delay/);
});

test("nothing fires before its time, at any part of a millisecond", async () => {
  const early: number[] = [];
  const waits = Array.from({ length: 100 }, (_, at) => {
    const delayMs = 10 + at * 0.13;
    const dueMs = systemClock.now() + delayMs;
    return new Promise<void>((resolve) => {
      systemClock.schedule(delayMs, "wait", () => {
        if (systemClock.now() < dueMs) early.push(delayMs);
        resolve();
      });
    });
  });
  await Promise.all(waits);
  assert.deepEqual(early, []);
});
