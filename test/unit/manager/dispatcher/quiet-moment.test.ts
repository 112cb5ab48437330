import assert from "node:assert/strict";
import { test } from "node:test";
import { QuietMoment } from "../../../../manager/dispatcher/quiet-moment.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

function createMoment() {
  const clock = new VirtualClock();
  const actedAtMs: number[] = [];
  const act = (): void => void actedAtMs.push(clock.now());
  const moment = new QuietMoment({ clock, label: "test", quietMs: 3, delayMsMax: 30, act });
  return { clock, moment, actedAtMs };
}

test("acts once for a burst, when nothing more has come for a moment", async () => {
  const { clock, moment, actedAtMs } = createMoment();
  moment.note();
  await clock.run(2);
  moment.note();
  await clock.run(100);
  assert.deepEqual(actedAtMs, [5]);
});

test("acts in the middle of a burst that does not end", async () => {
  const { clock, moment, actedAtMs } = createMoment();
  for (let count = 0; count < 40; count++) {
    moment.note();
    await clock.run(1);
  }
  assert.deepEqual(actedAtMs, [30]);
});

test("while it rests it gathers, and the first note after a rest is acted on as soon as ever", async () => {
  const { clock, moment, actedAtMs } = createMoment();
  moment.rest(200);
  moment.note();
  await clock.run(250);
  assert.deepEqual(actedAtMs, [200]);
  moment.note();
  await clock.run(50);
  assert.deepEqual(actedAtMs, [200, 253]);
});

test("does not act any more once it is disposed", async () => {
  const { clock, moment, actedAtMs } = createMoment();
  moment.note();
  moment[Symbol.dispose]();
  await clock.run(100);
  assert.deepEqual(actedAtMs, []);
});
