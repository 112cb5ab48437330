import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSignal, signalName } from "../../../../shared/linux/signals.ts";
import { capabilitiesOf, DEFAULT_CAPABILITIES } from "../../../../worker/runtime/capabilities.ts";
import { hostsFile, resolvConf } from "../../../../worker/runtime/container-files.ts";
import { parseExitCode, toExitStatus } from "../../../../worker/runtime/exit-status.ts";
import { capacityOf, checkCpuLimit, readGroupControls } from "../../../../worker/runtime/host-capacity.ts";
import { NO_DISKS, ociResources } from "../../../../worker/runtime/oci-resources.ts";
import { parseState } from "../../../../worker/runtime/oci-runtime.ts";
import { toRuntimeError } from "../../../../worker/runtime/runtime-errors.ts";
import { createResources } from "../../../support/objects.ts";

describe("capabilities", () => {
  it("are fourteen unless the service adds or drops some", () => {
    assert.equal(capabilitiesOf([], []).length, 14);
    assert.deepEqual(
      capabilitiesOf(["net_admin"], ["CAP_CHOWN"]),
      [...DEFAULT_CAPABILITIES.filter((name) => name !== "CAP_CHOWN").concat("CAP_NET_ADMIN" as never)].sort(),
    );
  });

  it("are all, none, or only those that are named", () => {
    assert.equal(capabilitiesOf(["ALL"], []).length, 41);
    assert.equal(capabilitiesOf(["all"], ["SYS_ADMIN"]).length, 40);
    assert.deepEqual(capabilitiesOf([], ["ALL"]), []);
    assert.deepEqual(capabilitiesOf(["KILL"], ["ALL"]), ["CAP_KILL"]);
  });

  it("are refused when Linux does not know them", () => {
    assert.throws(() => capabilitiesOf(["FLY"], []), /Linux has no capability "FLY"/);
  });
});

describe("what a host has", () => {
  // Of a daemon in a container: without CAP_SYS_MODULE (16) and all above CAP_BPF (39), on two of four CPUs.
  const status =
    "Name:\tswarmd\nCapEff:\t000000fffffeffff\nCapBnd:\t000000fffffeffff\nCpus_allowed:\t00000000,00000005\n";
  const host = capacityOf(status);

  it("bounds ALL, and is told apart from what a service names", () => {
    assert.equal(host.capabilities.size, 39);
    const all = capabilitiesOf(["ALL"], [], host.capabilities);
    assert.deepEqual([all.length, all.includes("CAP_SYS_MODULE"), all.includes("CAP_BPF")], [39, false, true]);
    assert.throws(() => capabilitiesOf(["sys_module"], [], host.capabilities), /no capability CAP_SYS_MODULE to give/);
    assert.equal(capabilitiesOf(["ALL", "sys_module"], ["sys_module"], host.capabilities).length, 39);
  });

  it("bounds a limit of CPUs", () => {
    checkCpuLimit({ nanoCpus: 2e9 }, host);
    checkCpuLimit({ nanoCpus: 0 }, host);
    checkCpuLimit(null, host);
    checkCpuLimit({ nanoCpus: 99e9 }, capacityOf(""));
    assert.throws(() => checkCpuLimit({ nanoCpus: 99e9 }, host), {
      code: "failedPrecondition",
      message: /^the limit of 99 CPUs is more than this host has \(2\)/,
    });
  });
});

describe("signals", () => {
  const table = [
    ["", 15],
    ["SIGTERM", 15],
    ["quit", 3],
    ["9", 9],
    ["SIGWINCH", 28],
    ["SIGRTMIN+3", 37],
    ["RTMAX-1", 63],
  ] as const;
  for (const [text, number] of table)
    it(`${JSON.stringify(text)} is ${number}`, () => assert.equal(parseSignal(text), number));

  it("are refused when Linux has none of the name or number", () => {
    for (const text of ["SIGFOO", "0", "65", "RTMIN+40", "-9"]) assert.throws(() => parseSignal(text), /has no signal/);
  });

  it("have names", () => {
    assert.deepEqual([9, 15, 37, 0, 65, 32].map(signalName), ["SIGKILL", "SIGTERM", "SIGRTMIN+3", null, null, null]);
  });
});

describe("a container's end", () => {
  const evidence = { exitCode: 0, isOutOfMemory: false, memoryBytesMax: 0, isUnhealthy: false };
  const table = [
    ["success", {}, 0, ""],
    ["a program's own exit code", { exitCode: 3 }, 3, ""],
    ["a signal", { exitCode: 139 }, 139, "ended by SIGSEGV"],
    ["no word at all", { exitCode: null }, 255, "it left no exit code: the host was restarted, or its monitor killed"],
    [
      "memory, with a limit",
      { exitCode: 137, isOutOfMemory: true, memoryBytesMax: 32 << 20 },
      137,
      "out of memory: it reached its limit of 32 MiB",
    ],
    ["memory of the host", { exitCode: 137, isOutOfMemory: true }, 137, "out of memory: it reached the host's memory"],
    ["memory of a child that it survived", { exitCode: 0, isOutOfMemory: true }, 0, ""],
    ["ill health, though it exits with 0", { isUnhealthy: true }, 1, "unhealthy container"],
    ["ill health", { exitCode: 143, isUnhealthy: true }, 143, "unhealthy container"],
  ] as const;
  for (const [title, part, exitCode, cause] of table) {
    it(title, () => assert.deepEqual(toExitStatus({ ...evidence, ...part }), { exitCode, cause }));
  }

  it("is read from the monitor's file, unless it is not a number", () => {
    assert.deepEqual(["7", "137\n", "-1", "", "x"].map(parseExitCode), [7, 137, 255, null, null]);
  });
});

describe("memory", () => {
  const unsaid = { reservations: null, controls: null, disks: NO_DISKS, devices: [] };
  const resources = { ...unsaid, limits: createResources({ memoryBytes: 100 }) };
  const all = { canLimitSwap: true, canSetSwappiness: true };

  it("comes with as much swap, unless the service says how much", () => {
    const memory = (swapBytes?: number) =>
      ociResources({ ...resources, ...(swapBytes === undefined ? {} : { swapBytes }), host: all })["memory"];
    assert.deepEqual(memory(), { limit: 100, swap: 200 });
    assert.deepEqual(memory(30), { limit: 100, swap: 130 });
    assert.deepEqual(memory(0), { limit: 100, swap: 100 });
    assert.deepEqual(memory(-1), { limit: 100, swap: -1 });
  });

  it("has no words that this kernel does not take", () => {
    const host = { canLimitSwap: false, canSetSwappiness: false };
    const wanted = { ...resources, swapBytes: 30, memorySwappiness: 5 };
    assert.deepEqual(ociResources({ ...wanted, host })["memory"], { limit: 100 });
    assert.deepEqual(ociResources({ ...wanted, host: all })["memory"], { limit: 100, swap: 130, swappiness: 5 });
    const unlimited = { ...resources, limits: null, memorySwappiness: -1, host: all };
    assert.equal(ociResources(unlimited)["memory"], undefined);
  });

  it("is controlled by what cgroups have, v1 or v2", async () => {
    const controls = (...files: string[]) =>
      readGroupControls(async (path) =>
        path === "/proc/self/cgroup" ? "0::/system.slice/swarmd.service\n" : files.includes(path) ? "" : null,
      );
    const root = "/sys/fs/cgroup";
    const memory = async (...files: string[]) => {
      const { canLimitSwap, canSetSwappiness } = await controls(...files);
      return { canLimitSwap, canSetSwappiness };
    };
    assert.deepEqual(
      await memory(`${root}/memory/memory.memsw.limit_in_bytes`, `${root}/memory/memory.swappiness`),
      all,
    );
    assert.deepEqual(await memory(`${root}/memory/memory.swappiness`), { ...all, canLimitSwap: false });
    const own = `${root}/system.slice/swarmd.service/memory.swap.max`;
    assert.deepEqual(await memory(`${root}/cgroup.controllers`, own), { ...all, canSetSwappiness: false });
    assert.deepEqual(await memory(`${root}/cgroup.controllers`), { canLimitSwap: false, canSetSwappiness: false });
  });

  it("has finer settings as far as the kernel's cgroups do", async () => {
    const controls = async (files: Readonly<Record<string, string>>) => {
      const found = await readGroupControls(async (path) => files[path.replace("/sys/fs/cgroup/", "")] ?? null);
      return [found.isUnified, [...found.controls].sort()];
    };
    const v1 = { "cpu,cpuacct/cpu.shares": "1024", "cpuset/cpuset.cpus": "0-1", "blkio/blkio.bfq.weight": "100" };
    assert.deepEqual(await controls(v1), [false, ["cpu", "cpuset"]], "crun does not know the weight of bfq");
    assert.deepEqual(await controls({ "blkio/blkio.weight": "100" }), [false, ["blkioWeight"]]);
    const more = { "hugetlb/tasks": "1", "/proc/cgroups": "hugetlb\t1\t1\t1\n", "memory/memory.oom_control": "" };
    assert.deepEqual(await controls(more), [false, ["hugepages", "oomKillDisable"]]);
    const v2 = { "cgroup.controllers": "cpuset cpu io memory hugetlb pids\n" };
    assert.deepEqual(await controls(v2), [true, ["blkioRate", "blkioWeight", "cpu", "cpuset", "hugepages"]]);
    const unweighed = { "cgroup.controllers": "io", "init.scope/io.max": "" };
    assert.deepEqual(await controls(unweighed), [true, ["blkioRate"]]);
    assert.deepEqual(await controls({ ...unweighed, "init.scope/io.weight": "" }), [
      true,
      ["blkioRate", "blkioWeight"],
    ]);
  });
});

describe("files of a container", () => {
  it("name it by its address", () => {
    const lines = hostsFile({ hostname: "box", domainname: "" }, "10.0.0.9", ["10.0.0.7 db db.local"]).split("\n");
    assert.deepEqual([lines[0], lines.at(-2)], ["127.0.0.1\tlocalhost", "10.0.0.7\tdb db.local"]);
    assert.equal(lines.at(-3), "10.0.0.9\tbox", "its own name comes first");
    const own = (hostname: string, domainname: string) =>
      hostsFile({ hostname, domainname }, "10.0.0.9", []).split("\n").at(-2);
    assert.equal(own("box", "example.org"), "10.0.0.9\tbox.example.org box", "and that with its domain before it");
    assert.equal(own("box.example.org", ""), "10.0.0.9\tbox.example.org box");
  });

  it("name the network's servers, or the host's that can be reached from inside", () => {
    const own = "# made by hand\nnameserver 127.0.0.53\nnameserver 9.9.9.9\nsearch example.test\noptions ndots:2\n";
    const inherited = "search example.test\noptions ndots:2\n";
    assert.equal(resolvConf(["10.0.0.1"], own, null), `nameserver 10.0.0.1\n${inherited}`);
    assert.equal(resolvConf([], own, null), `nameserver 9.9.9.9\n${inherited}`);
    assert.equal(resolvConf([], "", null), "");
  });

  it("name what the service says instead, each of servers, domains and options by itself", () => {
    const own = "nameserver 9.9.9.9\nsearch example.test\noptions ndots:2\n";
    const nothing = { nameservers: [], search: [], options: [] };
    assert.equal(resolvConf([], own, nothing), own);
    assert.equal(
      resolvConf(["10.0.0.1"], own, { ...nothing, nameservers: ["192.0.2.1", "fd00::1"] }),
      "nameserver 192.0.2.1\nnameserver fd00::1\nsearch example.test\noptions ndots:2\n",
    );
    assert.equal(
      resolvConf([], own, { ...nothing, search: ["a.test", "b.test"], options: ["rotate", "ndots:5"] }),
      "nameserver 9.9.9.9\nsearch a.test b.test\noptions rotate ndots:5\n",
    );
  });
});

describe("what a runtime says", () => {
  it("is its state", () => {
    const table = [
      ['{"status":"created","pid":7}', { kind: "created", pid: 7 }],
      ['{"status":"running","pid":7}', { kind: "running", pid: 7 }],
      ['{"status":"paused","pid":7}', { kind: "running", pid: 7 }],
      ['{"status":"stopped","pid":0}', { kind: "stopped" }],
      ['{"status":"creating"}', { kind: "creating" }],
      ["not JSON", { kind: "absent" }],
    ] as const;
    for (const [stdout, state] of table) assert.deepEqual(parseState(stdout), state);
  });

  const complaints = [
    [
      "cgroups in hybrid mode not supported, drop all controllers from cgroupv2",
      "failedPrecondition",
      /^cannot create container x on node h1: crun refuses hosts where cgroup v2 still holds controllers.*scripts\/setup/,
    ],
    [
      "executable file `nope` not found in $PATH: No such file or directory",
      "failedPrecondition",
      /^cannot create container x: the image has no program "nope" \(executable file not found\)$/,
    ],
    [
      'time="2026" level=error msg="runc create failed: unable to start container process: exec: \\"nope\\": executable file not found in $PATH"',
      "failedPrecondition",
      /the image has no program "nope"/,
    ],
    ["crun: write /x: No space left on device", "resourceExhausted", /no space left on node h1/],
    [
      "[conmon:e]: Failed to fork the create command Resource temporarily unavailable",
      "resourceExhausted",
      /^cannot create container x: no more processes may be started on node h1: it, or a control group, has too many$/,
    ],
    ["clone: Resource temporarily unavailable", "resourceExhausted", /no more processes may be started on node h1/],
    ["open /x: Resource temporarily unavailable", "failedPrecondition", /h1: open \/x: Resource temporarily/],
    ["a warning\nmount `x`: Permission denied", "failedPrecondition", /on node h1: mount `x`: Permission denied$/],
    ["", "failedPrecondition", /the runtime gave no reason$/],
    ["writing file `cpu.rt_runtime_us`: Invalid argument", "failedPrecondition", /h1: the control groups .* real-time/],
    [
      "write to /proc/self/oom_score_adj: Permission denied",
      "failedPrecondition",
      /h1: --oom-score-adj may not be lower/,
    ],
    [
      "open /proc/sys/net/ipv4/nope: No such file or directory",
      "failedPrecondition",
      /h1: its kernel has no setting net\.ipv4\.nope$/,
    ],
    [
      "write to /proc/sys/kernel/msgmax: Invalid argument",
      "failedPrecondition",
      /h1: its kernel does not take that value for kernel\.msgmax$/,
    ],
    [
      "mount `tmpfs` to `etc/passwd`: Not a directory",
      "failedPrecondition",
      /h1: a file is mounted over files, .*: what is mounted and \/etc\/passwd are not alike$/,
    ],
    [
      "mount `/etc/hostname` to `etc`: Not a directory",
      "failedPrecondition",
      /: \/etc\/hostname and \/etc are not alike$/,
    ],
    [
      "failed open()ing /dev/null: Is a directory",
      "failedPrecondition",
      /what is mounted and \/dev\/null are not alike$/,
    ],
    ["mkdir `/sys/x`: Operation not permitted", "failedPrecondition", /h1: nothing can be mounted at \/sys\/x, since/],
  ] as const;
  for (const [complaint, code, sentence] of complaints) {
    it(`is one sentence: ${complaint.slice(0, 60)}`, () => {
      const error = toRuntimeError(complaint, "create container x", "h1");
      assert.equal(error.code, code);
      assert.match(error.message, sentence);
    });
  }
});
