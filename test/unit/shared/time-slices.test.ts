import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../shared/ports/clock.ts";
import { TimeSlices } from "../../../shared/time-slices.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const SLICE_MS = 5;
const slicesOf = (clock: Clock): TimeSlices => new TimeSlices({ clock, sliceMs: SLICE_MS, label: "work" });

test("who works in the same turn of the event loop shares its time", async () => {
  const clock = new VirtualClock();
  const [one, other] = [slicesOf(clock), slicesOf(clock)];
  assert.equal(one.isUsedUp, false);
  clock.stall(SLICE_MS);
  assert.equal(other.isUsedUp, true, "one has used up the turn of both");
  await clock.run(0);
  assert.equal(other.isUsedUp, false, "the next turn is a new one");
});

test("of those who wait one goes on in each turn, in the order in which they came", async () => {
  const clock = new VirtualClock();
  const went: string[] = [];
  const turns: Promise<unknown>[] = [];
  for (const name of ["a", "b", "c"]) {
    const slices = slicesOf(clock);
    turns.push(
      slices.rest().then(() => {
        assert.equal(slices.isUsedUp, false, `${name} has a turn for itself`);
        went.push(name);
        clock.stall(SLICE_MS);
      }),
    );
  }
  assert.deepEqual(went, []);
  await clock.run(100);
  await Promise.all(turns);
  assert.deepEqual(went, ["a", "b", "c"]);
});

test("who is told to end while it waits ends at once, and does not take a turn", async () => {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const [first, second] = [slicesOf(clock).rest(abort.signal), slicesOf(clock).rest()];
  abort.abort(new Error("over"));
  await assert.rejects(first, /over/);
  await assert.rejects(slicesOf(clock).rest(abort.signal), /over/);
  await clock.run(0);
  await second;
});

test("worlds with clocks of their own do not wait for each other", () => {
  const clock = new VirtualClock();
  slicesOf(clock).isUsedUp;
  clock.stall(SLICE_MS);
  assert.equal(slicesOf(new VirtualClock()).isUsedUp, false);
});
