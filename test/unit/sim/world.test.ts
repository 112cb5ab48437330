import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../../sim/orchestration/world.ts";

test("a run in which something begins again at once ends, and says what it was busy with", async () => {
  await using world = new World(1);
  const again = (): void => void world.clock.schedule(0, "the same again", again);
  again();
  await assert.rejects(world.clock.run(1), /time does not pass; last timers:\n0 ms the same again/);
});
