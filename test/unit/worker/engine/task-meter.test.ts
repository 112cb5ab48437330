/** What a task's control group says it has used, and that nothing is made up where it says nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { meterReader } from "../../../../worker/engine/streams/task-meter.ts";

const GROUP = "/sys/fs/cgroup/swarm/t1";
const FILES: ReadonlyMap<string, string> = new Map([
  ["/sys/fs/cgroup/cgroup.controllers", "cpu memory"],
  [`${GROUP}/cpu.stat`, "usage_usec 1500\n"],
  [`${GROUP}/memory.current`, "900\n"],
  [`${GROUP}/memory.stat`, "inactive_file 100\n"],
]);

const readWithout = (...missing: readonly string[]) =>
  meterReader("/swarm", async (path) => (missing.some((end) => path.endsWith(end)) ? null : (FILES.get(path) ?? null)));

test("processor time and memory, without what the kernel could drop", async () => {
  assert.deepEqual(await readWithout()("t1"), { cpuNs: 1_500_000, memoryBytes: 800 });
});

for (const [what, read, taskId] of [
  ["a task that does not run here", readWithout(), "t2"],
  ["a host without the controller of processors", readWithout("cpu.stat"), "t1"],
  ["a host without the controller of memory", readWithout("memory.current"), "t1"],
] as const) {
  test(`nothing is known of ${what}`, async () => {
    assert.equal(await read(taskId), null);
  });
}
