import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { sleep } from "../../../../shared/ports/clock.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { LoopWatch } from "../../../../swarmd/ports/loop-delay.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

/** Until a timer that was due at the beginning has fired. */
async function heldUp(ms: number): Promise<void> {
  const fired = sleep(systemClock, 1, "held up");
  for (const endsMs = performance.now() + ms + 2; performance.now() < endsMs; );
  await fired;
}

test("a loop that was held up is seen for at least a minute, warned about once, and then forgotten", async () => {
  const clock = new VirtualClock();
  const warnings: unknown[] = [];
  using watch = new LoopWatch(clock, { ...silentLogger, warn: (message) => void warnings.push(message) });
  assert.deepEqual(watch.read(), { p99Ms: 0, maxMs: 0 });
  await sleep(systemClock, 1, "in time");
  assert.ok(watch.read().maxMs < 350);
  await heldUp(360);
  await clock.run(60_000);
  assert.equal(warnings.length, 1);
  const seen = watch.read();
  assert.ok(seen.maxMs >= 350 && seen.p99Ms >= 350, "still told of the minute before");
  await clock.run(60_000);
  assert.notDeepEqual(watch.read(), seen);
});
