/** Rows of service-option-rows.ts about how close a container comes to its host. */

import { CONTAINER, cgroup, inside, inspect, type OptionRow, plain, TASK } from "./option-row.ts";

/** How close a container comes to its host: also test/e2e/runtime-host-access.test.ts, each by itself. */
export const HOST_ROWS: readonly OptionRow[] = [
  inside(
    ["--device", "/dev/net/tun:/dev/way:rw"],
    ["--device-rm", "/dev/net/tun", "--device-add", "/dev/fuse"],
    "ls /dev/way /dev/fuse 2>/dev/null",
    /^\/dev\/way$/,
    /^\/dev\/fuse$/,
  ),
  inspect(
    ["--device-cgroup-rule", "c 10:200 rw"],
    ["--device-cgroup-rule-rm", "c 10:200 rw", "--device-cgroup-rule-add", "c 10:229 rw"],
    `${CONTAINER}.DeviceCgroupRules`,
    ["c 10:200 rw"],
    ["c 10:229 rw"],
  ),
  inside(["--ipc", "none"], ["--ipc", "shareable"], "grep -c ' /dev/shm ' /proc/mounts", /^0$/, /^1$/),
  inside(["--cgroupns", "private"], ["--cgroupns", "host"], "grep -c '/swarm/' /proc/self/cgroup", /^0$/, /^[1-9]\d*$/),
  plain("--userns", `${CONTAINER}.UsernsMode`, ["host", "host"], ["", undefined]),
  inside(
    ["--domainname", "a.test"],
    ["--domainname", "b.test"],
    "cat /proc/sys/kernel/domainname",
    /^a\.test$/,
    /^b\.test$/,
  ),
  inspect(["--shm-size", "1m"], ["--shm-size", "2m"], `${CONTAINER}.ShmSize`, 1 << 20, 2 << 20),
  inspect(
    ["--annotation", "org.test/key=a"],
    ["--annotation-rm", "org.test/key", "--annotation-add", "org.test/other=b"],
    `${CONTAINER}.Annotations`,
    { "org.test/key": "a" },
    { "org.test/other": "b" },
  ),
  inside(
    ["--cpu-shares", "512"],
    ["--cpu-shares", "256"],
    cgroup("cpu.weight", "cpu/cpu.shares", "cpu,cpuacct/cpu.shares"),
    /^(512|20)$/,
    /^(256|10)$/,
  ),
  inside(["--cpuset-cpus", "0"], ["--cpuset-cpus", "1"], "grep Cpus_allowed_list /proc/self/status", /\b0$/, /\b1$/),
  inside(["--cpuset-mems", "0"], ["--cpuset-mems", ""], "grep Mems_allowed_list /proc/self/status", /\b0$/, /\b0\b/),
  inside(
    ["--hugepages", "2MB=4m"],
    ["--hugepages-rm", "2MB", "--hugepages-add", "2MB=8m"],
    cgroup("hugetlb.2MB.max", "hugetlb/hugetlb.2MB.limit_in_bytes"),
    /^4194304$/,
    /^8388608$/,
  ),
];

const RESOURCES = `${TASK}.Resources`;
const rates = (flag: string, word: string, path: string, value: string, number: number): OptionRow =>
  inspect(
    [flag, `/dev/sda:${value}`],
    [`${flag}-rm`, "/dev/sda", `${flag}-add`, `/dev/sdb:${value}`],
    `${RESOURCES}.${path}`,
    [{ Path: "/dev/sda", [word]: number }],
    [{ Path: "/dev/sdb", [word]: number }],
  );

/** On a third one, `paper`, which has no tasks: what the rows above exclude, and what not every host can do. */
export const PAPER_ROWS: readonly OptionRow[] = [
  inspect(["--privileged"], ["--privileged=false"], `${CONTAINER}.Privileged`, true, undefined),
  plain("--pull", `${CONTAINER}.PullPolicy`, ["missing", "missing"], ["never", "never"]),
  plain("--pid", `${CONTAINER}.PidMode`, ["host", "host"], ["private", "private"]),
  plain("--uts", `${CONTAINER}.UTSMode`, ["host", "host"], ["", undefined]),
  inspect(["--gpus", "2"], ["--gpus-rm", "2", "--gpus-add", "all"], `${CONTAINER}.DeviceRequests.0.Count`, 2, -1),
  plain("--runtime", `${CONTAINER}.Runtime`, ["runc", "runc"], ["", undefined]),
  plain("--cgroup-parent", `${CONTAINER}.CgroupParent`, ["/batch", "/batch"], ["/night", "/night"]),
  inspect(
    ["--storage-opt", "size=1g"],
    ["--storage-opt-rm", "size", "--storage-opt-add", "size=2g"],
    `${CONTAINER}.StorageOpt`,
    { size: "1g" },
    { size: "2g" },
  ),
  plain("--cpu-period", `${RESOURCES}.CpuPeriod`, ["50000", 50_000], ["0", undefined]),
  plain("--cpu-quota", `${RESOURCES}.CpuQuota`, ["25000", 25_000], ["30000", 30_000]),
  plain("--cpu-rt-period", `${RESOURCES}.CPURealtimePeriod`, ["500000", 500_000], ["600000", 600_000]),
  plain("--cpu-rt-runtime", `${RESOURCES}.CPURealtimeRuntime`, ["1000", 1_000], ["2000", 2_000]),
  plain("--blkio-weight", `${RESOURCES}.BlkioWeight`, ["300", 300], ["400", 400]),
  rates("--blkio-weight-device", "Weight", "BlkioWeightDevice", "300", 300),
  rates("--device-read-bps", "Rate", "BlkioDeviceReadBps", "1m", 1 << 20),
  rates("--device-write-bps", "Rate", "BlkioDeviceWriteBps", "2m", 2 << 20),
  rates("--device-read-iops", "Rate", "BlkioDeviceReadIOps", "100", 100),
  rates("--device-write-iops", "Rate", "BlkioDeviceWriteIOps", "200", 200),
  inspect(
    ["--limit-memory", "64m", "--oom-kill-disable"],
    ["--oom-kill-disable=false"],
    `${RESOURCES}.OomKillDisable`,
    true,
    undefined,
  ),
];
