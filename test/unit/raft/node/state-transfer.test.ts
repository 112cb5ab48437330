import assert from "node:assert/strict";
import { test } from "node:test";
import { readState, restoreState } from "../../../../raft/node/state-transfer.ts";
import { BACKGROUND_SLICE_MS } from "../../../../raft/node/timing.ts";
import type { Clock } from "../../../../shared/ports/clock.ts";
import { snapshotOf } from "../core/fixture.ts";

/** Time passes by work: every look at the clock costs a millisecond. Counts how often others got a turn. */
function workingClock(): Clock & { turns: number } {
  let nowMs = 0;
  return {
    turns: 0,
    now: () => nowMs++,
    wallNow: () => nowMs,
    schedule(_delayMs, _label, action) {
      this.turns++;
      const timer = setImmediate(action);
      return { [Symbol.dispose]: () => clearImmediate(timer) };
    },
  };
}

const PIECES = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((byte) => new Uint8Array(1_500_000).fill(byte));

test("pieces are joined in order, and others get their turns in between", async () => {
  const clock = workingClock();
  const data = await readState(PIECES, clock, new AbortController().signal);
  assert.ok(data !== null);
  assert.equal(Buffer.compare(data, Buffer.concat(PIECES)), 0);
  assert.ok(clock.turns >= 2, `${clock.turns} turns`);
});

test("a state of no pieces is empty", async () => {
  assert.equal((await readState([], workingClock(), new AbortController().signal))?.length, 0);
});

test("a node that stops does not wait until everything is encoded", async () => {
  const abort = new AbortController();
  let made = 0;
  function* pieces(): Generator<Uint8Array> {
    for (; made < 100; made++) {
      if (made === 3) abort.abort();
      yield new Uint8Array(1);
    }
  }
  assert.equal(await readState(pieces(), workingClock(), abort.signal), null);
  assert.equal(made, 3);
});

test("restoring pauses between its steps", async () => {
  const clock = workingClock();
  let steps = 0;
  const machine = {
    apply() {},
    snapshot: () => [],
    *restore() {
      for (; steps < 10 * BACKGROUND_SLICE_MS; steps++) yield;
    },
  };
  await restoreState(machine, snapshotOf(1, 9, [1]), clock);
  assert.equal(steps, 10 * BACKGROUND_SLICE_MS);
  assert.ok(clock.turns >= 5, `${clock.turns} turns`);
});
