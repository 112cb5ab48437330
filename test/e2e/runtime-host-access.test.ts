/** How close a container comes to its host, option by option, looked at from inside. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync, rmdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Task, TaskSpec } from "../../shared/objects/types.ts";
import type { ContainerSpec, ResourceControls } from "../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../shared/service-spec/paths.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { createResources } from "../support/objects.ts";
import { collect, NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const quiet = (): void => {};
const MIB = 1 << 20;
const controls = (part: Partial<ResourceControls>): Partial<TaskSpec> => ({
  controls: { ...mustHave(emptySpec().task?.controls, "empty controls"), ...part },
});
const device = (path: string, target = "", permissions = "") => ({ path, target, permissions });
const custom = (rules: readonly object[]): ContainerSpec["seccomp"] => ({
  mode: "CUSTOM",
  profile: JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: rules }),
});
/** Prints "open" for a file that can be read and written. */
const OPEN = 'p() { : <> "$1" && echo open; }; p';
const BOUNDING = "grep CapBnd /proc/self/status";
const FILTERED = "grep Seccomp: /proc/self/status";
const NAMESPACE = (name: string): string => `readlink /proc/self/ns/${name}`;
const own = (name: string): string => readlinkSync(`/proc/self/ns/${name}`);
const not = (text: string): RegExp => new RegExp(`^(?!.*${text.replaceAll(/[[\]]/g, "\\$&")})`);
const is = (text: string): RegExp => new RegExp(`^${text.replaceAll(/[[\]]/g, "\\$&")}$`);

type Row = readonly [
  title: string,
  container: Partial<ContainerSpec>,
  spec: Partial<TaskSpec>,
  script: string,
  expected: RegExp,
];

const ROWS: readonly Row[] = [
  [
    "a working directory that is made, by root and for everybody",
    { user: "web", dir: "/made/here" },
    {},
    "pwd; stat -c '%u:%g %a' /made /made/here",
    /^\/made\/here\n0:0 755\n0:0 755$/,
  ],
  ["the same on a closed root", { readOnly: true, dir: "/made/here" }, {}, "pwd", /^\/made\/here$/],
  ["no entry point of the image", { command: [""], args: ["/bin/echo", "x"] }, {}, "", /^x$/],
  ["nothing: no devices of the host", {}, {}, "ls /dev/kmsg /dev/loop0 2>/dev/null", /^$/],
  ["nothing: a filter", {}, {}, FILTERED, /2$/],
  [
    "nothing: hidden and closed places",
    {},
    {},
    "cat /proc/timer_list | wc -c; echo 1 > /proc/sys/vm/swappiness",
    /^0\n.*Read-only/,
  ],
  ["nothing: 64 MiB of shared memory", {}, {}, "df -k /dev/shm | tail -n 1", /\b65536\b/],
  ["privileged: all capabilities", { privileged: true }, {}, BOUNDING, /^CapBnd:\t00000[1-9a-f]f/],
  ["privileged: no filter", { privileged: true }, {}, FILTERED, /0$/],
  [
    "privileged: the host's devices",
    { privileged: true },
    {},
    "ls /dev/kmsg; head -c 1 /dev/vda >/dev/null 2>&1; echo $?",
    /^\/dev\/kmsg\n[01]$/,
  ],
  ["privileged: /sys may be written", { privileged: true }, {}, "grep ' /sys ' /proc/mounts", /\brw\b/],
  ["privileged: nothing is hidden", { privileged: true }, {}, "cat /proc/timer_list | wc -c", /^[1-9]/],
  [
    "privileged but for a capability",
    { privileged: true, capabilityDrop: ["MKNOD"] },
    {},
    "b=$((0x$(grep CapBnd /proc/self/status | cut -f 2))); echo $((b >> 27 & 1)) $((b >> 21 & 1))",
    /^0 1$/,
  ],
  ["a device", { devices: [device("/dev/net/tun")] }, {}, `${OPEN} /dev/net/tun`, /^open$/],
  [
    "a device under another name, only to be read",
    { devices: [device("/dev/zero", "/dev/nought", "r")] },
    {},
    "head -c 1 /dev/nought | wc -c",
    /^1$/,
  ],
  ["a directory of devices", { devices: [device("/dev/net")] }, {}, "ls /dev/net", /^tun$/],
  ["a rule for devices", { deviceRules: ["c 10:200 rw"] }, {}, `mknod /tmp/tun c 10 200; ${OPEN} /tmp/tun`, /^open$/],
  ["no such rule", {}, {}, `mknod /tmp/tun c 10 200; ${OPEN} /tmp/tun`, /not permitted/],
  ["processes of its own", {}, {}, "echo $$", /^1$/],
  ["the host's processes", { pidMode: "host" }, {}, NAMESPACE("pid"), is(own("pid"))],
  [
    "the host's processes, with an init that is none",
    { pidMode: "host", init: true },
    {},
    NAMESPACE("pid"),
    is(own("pid")),
  ],
  ["shared memory of its own", { ipcMode: "private" }, {}, NAMESPACE("ipc"), not(own("ipc"))],
  ["the host's shared memory", { ipcMode: "host" }, {}, NAMESPACE("ipc"), is(own("ipc"))],
  ["no shared memory", { ipcMode: "none" }, {}, "grep -c ' /dev/shm ' /proc/mounts", /^0$/],
  ["shared memory of 2 MiB", { shmSizeBytes: 2 * MIB }, {}, "df -k /dev/shm | tail -n 1", /\b2048\b/],
  ["the host's name", { utsMode: "host", hostname: "not-this" }, {}, "hostname", is(hostname())],
  ["a domain name", { domainname: "corp.test" }, {}, "cat /proc/sys/kernel/domainname", /^corp\.test$/],
  [
    "control groups of its own",
    { cgroupMode: "private" },
    {},
    `${NAMESPACE("cgroup")}; grep -c swarm-runtime /proc/self/cgroup`,
    not(own("cgroup")),
  ],
  ["the host's control groups", { cgroupMode: "host" }, {}, NAMESPACE("cgroup"), is(own("cgroup"))],
  ["no filter", { seccomp: { mode: "UNCONFINED", profile: "" } }, {}, FILTERED, /0$/],
  [
    "a filter of its own",
    { seccomp: custom([{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95 }]) },
    {},
    "mkdir /tmp/x 2>&1",
    /not supported/,
  ],
  [
    "a filter that depends on capabilities",
    { seccomp: custom([{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", includes: { caps: ["CAP_SYS_ADMIN"] } }]) },
    {},
    "mkdir /tmp/x && echo made",
    /^made$/,
  ],
  ["open places", { unconfinedPaths: true }, {}, "cat /proc/timer_list | wc -c", /^[1-9]/],
  [
    "shares of the CPU",
    {},
    controls({ cpuShares: 512 }),
    "cat /sys/fs/cgroup/cpu*/cpu.shares /sys/fs/cgroup/cpu.weight 2>/dev/null | head -n 1",
    /^(512|20|\d\d)$/,
  ],
  [
    "a quota",
    {},
    controls({ cpuPeriodUs: 50_000, cpuQuotaUs: 25_000 }),
    "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us /sys/fs/cgroup/cpu.max 2>/dev/null",
    /^25000\s50000$/,
  ],
  [
    "one CPU",
    {},
    controls({ cpusetCpus: "0", cpusetMems: "0" }),
    "grep _allowed_list /proc/self/status",
    /Cpus_allowed_list:\t0\nMems_allowed_list:\t0$/,
  ],
  [
    "a rate of reading",
    {},
    controls({ readBps: [{ path: "/dev/vda", rate: MIB }] }),
    "cat /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device /sys/fs/cgroup/io.max 2>/dev/null",
    /1048576/,
  ],
  [
    "requests to write",
    {},
    controls({ writeIops: [{ path: "/dev/vda", rate: 99 }] }),
    "cat /sys/fs/cgroup/blkio/blkio.throttle.write_iops_device /sys/fs/cgroup/io.max 2>/dev/null",
    /99/,
  ],
  [
    "large pages",
    {},
    controls({ hugepages: [{ pageSize: "2MB", limitBytes: 4 * MIB }] }),
    "cat /sys/fs/cgroup/hugetlb/hugetlb.2MB.limit_in_bytes /sys/fs/cgroup/hugetlb.2MB.max 2>/dev/null",
    /^4194304$/,
  ],
  [
    "the memory that is kept for it",
    {},
    { reservations: createResources({ memoryBytes: 32 * MIB }) },
    "cat /sys/fs/cgroup/memory/memory.soft_limit_in_bytes /sys/fs/cgroup/memory.low 2>/dev/null",
    /^33554432$/,
  ],
];

describe("how close a container comes to its host, looked at from inside", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  async function output(task: Task): Promise<string> {
    try {
      await executor.prepare(task, NEVER, quiet);
      await executor.start(task, NEVER);
      await executor.wait(task.id, NEVER);
      const lines = await collect(executor.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
      return lines.map((line) => Buffer.from(line.text).toString()).join("\n");
    } finally {
      await executor.remove(task.id);
    }
  }

  it("a control group within another one, by another runtime; both are forgotten by nobody", async () => {
    const parent = `${fixture.cgroupParent}-batch/night`;
    const task = fixture.task("cat /proc/self/cgroup; echo >/ready; sleep 60", {
      cgroupParent: parent,
      runtime: "other",
    });
    const runc = await toolPath("runc");
    const first = await fixture.executor({ ociRuntimes: new Map([["other", runc]]) });
    try {
      await first.prepare(task, NEVER, quiet);
      await first.start(task, NEVER);
      assert.ok(existsSync(join(fixture.runDirectory, "oci", task.id, "state.json")), "runc has made it");
      // Another daemon, which was not given the runtime.
      const second = await fixture.executor();
      assert.equal((await second.inspect(task.id)).kind, "running");
      await second.stop(
        { ...task, spec: { ...task.spec, container: { ...task.spec.container, stopGracePeriodMs: 1 } } },
        NEVER,
      );
      await second.remove(task.id);
      assert.deepEqual(fixture.leftovers(), []);
      assert.deepEqual(
        groupsBelow(`${fixture.cgroupParent}-batch`).filter((path) => path.includes(task.id)),
        [],
      );
    } finally {
      for (const path of groupsBelow(`${fixture.cgroupParent}-batch`).toReversed()) rmdirSync(path);
    }
  });

  for (const [title, container, spec, script, expected] of ROWS) {
    it(title, async () => assert.match(await output(fixture.task(script, container, spec)), expected));
  }
});

/** Directories of control groups below one, in every hierarchy, parents first. */
function groupsBelow(group: string): readonly string[] {
  const roots = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => join("/sys/fs/cgroup", name))];
  return roots.flatMap((root) => {
    const top = join(root, group);
    if (!existsSync(top)) return [];
    const below = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [top, ...below.map((entry) => join(entry.parentPath, entry.name)).sort()];
  });
}
