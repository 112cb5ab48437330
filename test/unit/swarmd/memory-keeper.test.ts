import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../shared/log.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import { CALM_PART, COLLECTIONS, LATE_MS, LOOK_MS, MemoryKeeper, WORTH_BYTES } from "../../../swarmd/memory-keeper.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** Collections, each at a look, and the look that ends them. */
const ROUND_MS = (COLLECTIONS + 1) * LOOK_MS;
const LEFT_BYTES = 40 << 20;

/** A daemon whose heap shrinks to what is in use when it collects, and that uses `busy` of a core. */
function setUp() {
  const clock = new VirtualClock();
  const daemon = { heapBytes: 2 * LEFT_BYTES, busy: 0, usedMs: 0, lateMs: 0, collected: 0, trimmed: 0, fails: false };
  const memory = {
    heapBytes: () => daemon.heapBytes,
    processorMs: () => daemon.usedMs + daemon.busy * clock.now(),
    async collect() {
      daemon.collected++;
      if (daemon.fails) throw new Error("not now");
      daemon.heapBytes = LEFT_BYTES;
    },
    trim: () => void daemon.trimmed++,
  };
  const late: Clock = {
    now: () => clock.now() + daemon.lateMs,
    wallNow: () => clock.wallNow(),
    schedule: (...timer) => clock.schedule(...timer),
  };
  const keeper = new MemoryKeeper(memory, late, silentLogger);
  return { clock, daemon, keeper };
}

test("a daemon that has started and rests gives back what the start has left, and then leaves it at that", async () => {
  const { clock, daemon, keeper } = setUp();
  using _keeper = keeper;
  await clock.run(LOOK_MS);
  assert.deepEqual([daemon.collected, daemon.trimmed], [1, 0]);
  await clock.run(ROUND_MS - LOOK_MS);
  assert.deepEqual([daemon.collected, daemon.trimmed], [COLLECTIONS, 1]);
  daemon.heapBytes += WORTH_BYTES - 1;
  await clock.run(100 * LOOK_MS);
  assert.deepEqual([daemon.collected, daemon.trimmed], [COLLECTIONS, 1]);
});

test("what has grown since is given back again, counted from the least", async () => {
  const { clock, daemon, keeper } = setUp();
  using _keeper = keeper;
  await clock.run(ROUND_MS);
  daemon.heapBytes -= WORTH_BYTES / 2;
  await clock.run(LOOK_MS);
  daemon.heapBytes += WORTH_BYTES;
  await clock.run(ROUND_MS);
  assert.deepEqual([daemon.collected, daemon.trimmed], [2 * COLLECTIONS, 2]);
});

test("a busy daemon is left alone until it rests", async () => {
  const { clock, daemon, keeper } = setUp();
  using _keeper = keeper;
  daemon.busy = CALM_PART;
  await clock.run(20 * LOOK_MS);
  assert.equal(daemon.collected, 0);
  daemon.busy = 0;
  await clock.run(2 * LOOK_MS);
  assert.ok(daemon.collected > 0);
});

test("a host whose processors do not suffice is not kept from its work", async () => {
  const { clock, daemon, keeper } = setUp();
  using _keeper = keeper;
  for (let look = 0; look < 10; look++) {
    daemon.lateMs += LATE_MS + 1;
    await clock.run(LOOK_MS);
  }
  assert.equal(daemon.collected, 0);
  await clock.run(LOOK_MS);
  assert.equal(daemon.collected, 1);
});

test("work that comes in between ends the collections, and they begin again after it", async () => {
  const { clock, daemon, keeper } = setUp();
  using _keeper = keeper;
  await clock.run(LOOK_MS);
  daemon.usedMs += LOOK_MS / 2;
  await clock.run(LOOK_MS);
  assert.equal(daemon.collected, 1);
  await clock.run(ROUND_MS);
  assert.deepEqual([daemon.collected, daemon.trimmed], [1 + COLLECTIONS, 1]);
});

test("a collection that fails ends nothing, and nothing is tried for ever", async () => {
  const { clock, daemon, keeper } = setUp();
  using _keeper = keeper;
  daemon.fails = true;
  await clock.run(100 * LOOK_MS);
  assert.deepEqual([daemon.collected, daemon.trimmed], [COLLECTIONS, 1]);
});

test("nothing is looked at once the daemon ends", async () => {
  const { clock, daemon, keeper } = setUp();
  keeper[Symbol.dispose]();
  await clock.run(10 * LOOK_MS);
  assert.equal(daemon.collected, 0);
});
