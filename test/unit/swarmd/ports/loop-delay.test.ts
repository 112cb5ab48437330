import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { LoopWatch } from "../../../../swarmd/ports/loop-delay.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

/** Until the histogram has seen that the loop was held up. */
async function heldUp(watch: LoopWatch, ms: number): Promise<void> {
  for (const untilMs = performance.now() + 10_000; watch.read().maxMs < ms; ) {
    assert.ok(performance.now() < untilMs, "nothing was seen");
    await new Promise((resolve) => setImmediate(resolve));
    for (const endsMs = performance.now() + 1.5 * ms; performance.now() < endsMs; );
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("a loop that was held up is seen for at least a minute, warned about once, and then forgotten", async () => {
  const clock = new VirtualClock();
  const warnings: unknown[] = [];
  using watch = new LoopWatch(clock, { ...silentLogger, warn: (message) => void warnings.push(message) });
  assert.deepEqual(watch.read(), { p99Ms: 0, maxMs: 0 });
  await heldUp(watch, 360);
  await clock.run(60_000);
  assert.equal(warnings.length, 1);
  const seen = watch.read();
  assert.ok(seen.maxMs >= 350, "still told of the minute before");
  await clock.run(60_000);
  assert.notDeepEqual(watch.read(), seen);
});
