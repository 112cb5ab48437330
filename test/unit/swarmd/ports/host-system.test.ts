import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { controlGroupsAt } from "../../../../swarmd/ports/host-system.ts";

const NOTHING = {
  ...{ version: 0, limitsMemory: false, limitsSwap: false, limitsCpu: false, choosesCpus: false },
  ...{ limitsProcesses: false, canHoldAtLimit: false, limitsTcpMemory: false },
};

for (const [claim, files, own, facts] of [
  ["a host without control groups can limit nothing", {}, "", NOTHING],
  [
    "with version 2, controllers and the daemon's own group tell",
    { "cgroup.controllers": "cpuset cpu io memory pids\n", "system.slice/swarmd/memory.swap.max": "max" },
    "0::/system.slice/swarmd\n",
    {
      ...{ version: 2, limitsMemory: true, limitsSwap: true, limitsCpu: true, choosesCpus: true },
      ...{ limitsProcesses: true, canHoldAtLimit: false, limitsTcpMemory: false },
    },
  ],
  [
    "with version 2 and no swap file, swap is not limited",
    { "cgroup.controllers": "memory pids\n", "a/memory.max": "max" },
    "0::/a\n",
    { ...NOTHING, version: 2, limitsMemory: true, limitsProcesses: true },
  ],
  [
    "with version 1, each hierarchy tells of itself",
    {
      ...{
        "memory/memory.limit_in_bytes": "1",
        "memory/memory.oom_control": "0",
        "cpu,cpuacct/cpu.cfs_quota_us": "-1",
      },
      "memory/memory.kmem.tcp.limit_in_bytes": "1",
    },
    "4:memory:/\n",
    { ...NOTHING, version: 1, limitsMemory: true, limitsCpu: true, canHoldAtLimit: true, limitsTcpMemory: true },
  ],
] as const) {
  test(claim, () => {
    const root = mkdtempSync(join(tmpdir(), "swarm-cgroups-"));
    using _root = { [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    assert.deepEqual(controlGroupsAt(root, own), facts);
  });
}
