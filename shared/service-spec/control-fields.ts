import { type FieldType, field, list, type ServiceField } from "./field.ts";

const RESOURCES = "TaskTemplate.Resources";
const SECTION = "Resources";

/** The kernel's own bounds, in microseconds. */
const CPU_PERIOD = { min: 1_000, max: 1_000_000 } as const;
const CPU_QUOTA_US_MIN = 1_000;
const CPU_SHARES = { min: 2, max: 262_144 } as const;
const BLKIO_WEIGHT = { min: 10, max: 1_000 } as const;
/** An hour, in microseconds: nobody needs more, and its nanoseconds fit into 64 bits. */
const QUOTA_US_MAX = 3_600_000_000;

const NUMBERS = {
  kind: "text",
  pattern: /^\d{1,5}(?:-\d{1,5})?(?:,\d{1,5}(?:-\d{1,5})?)*$/,
  lengthMax: 1_024,
  hint: "expected a list of numbers such as 0-2,5",
} as const satisfies FieldType;

/** Finer settings of control groups: part of the table in fields.ts. A host that lacks one rejects the task. */
export const CONTROL_FIELDS: readonly ServiceField[] = [
  field("task.controls.cpuShares", {
    type: { kind: "whole", ...CPU_SHARES },
    flag: "--cpu-shares <number>",
    run: "-c, --cpu-shares <number>",
    help: "its part of the CPU while others want it too, 2 to 262144; the kernel's default is 1024",
    noun: "CPU shares",
    docker: `${RESOURCES}.CpuShares`,
    dockerRun: "HostConfig.CpuShares",
    pretty: [SECTION, "CPU Shares"],
  }),
  field("task.controls.cpuPeriodUs", {
    type: { kind: "whole", ...CPU_PERIOD },
    flag: "--cpu-period <number>",
    help: "microseconds in which --cpu-quota may be used, 1000 to 1000000; the kernel's default is 100000",
    noun: "CPU period",
    docker: `${RESOURCES}.CpuPeriod`,
    dockerRun: "HostConfig.CpuPeriod",
    pretty: [SECTION, "CPU Period"],
  }),
  field("task.controls.cpuQuotaUs", {
    type: { kind: "whole", min: CPU_QUOTA_US_MIN, max: QUOTA_US_MAX },
    flag: "--cpu-quota <number>",
    help: "microseconds of CPU time in each period",
    noun: "CPU quota",
    docker: `${RESOURCES}.CpuQuota`,
    dockerRun: "HostConfig.CpuQuota",
    pretty: [SECTION, "CPU Quota"],
  }),
  field("task.controls.cpuRtPeriodUs", {
    type: { kind: "whole", ...CPU_PERIOD },
    flag: "--cpu-rt-period <number>",
    help: "microseconds in which --cpu-rt-runtime may be used; cgroup v1 only",
    noun: "real-time CPU period",
    docker: `${RESOURCES}.CPURealtimePeriod`,
    dockerRun: "HostConfig.CpuRealtimePeriod",
    pretty: [SECTION, "CPU Real-time Period"],
  }),
  field("task.controls.cpuRtRuntimeUs", {
    type: { kind: "whole", min: 1, max: CPU_PERIOD.max },
    flag: "--cpu-rt-runtime <number>",
    help: "microseconds of real-time CPU time in each period; cgroup v1 only",
    noun: "real-time CPU time",
    docker: `${RESOURCES}.CPURealtimeRuntime`,
    dockerRun: "HostConfig.CpuRealtimeRuntime",
    pretty: [SECTION, "CPU Real-time Runtime"],
  }),
  field("task.controls.cpusetCpus", {
    type: NUMBERS,
    flag: "--cpuset-cpus <list>",
    help: "CPUs it may run on: 0-2,5",
    noun: "list of CPUs",
    docker: `${RESOURCES}.CpusetCpus`,
    dockerRun: "HostConfig.CpusetCpus",
    pretty: [SECTION, "CPUs"],
  }),
  field("task.controls.cpusetMems", {
    type: NUMBERS,
    flag: "--cpuset-mems <list>",
    help: "memory nodes it may use: 0,1",
    noun: "list of memory nodes",
    docker: `${RESOURCES}.CpusetMems`,
    dockerRun: "HostConfig.CpusetMems",
    pretty: [SECTION, "Memory Nodes"],
  }),
  field("task.controls.blkioWeight", {
    type: { kind: "whole", ...BLKIO_WEIGHT },
    flag: "--blkio-weight <number>",
    help: "its part of the disks while others want them too, 10 to 1000",
    noun: "blkio weight",
    docker: `${RESOURCES}.BlkioWeight`,
    dockerRun: "HostConfig.BlkioWeight",
    pretty: [SECTION, "Blkio Weight"],
  }),
  field("task.controls.blkioWeightDevices", {
    type: list("weight"),
    flag: "--blkio-weight-device <weight>",
    help: "the same for one disk: PATH:WEIGHT",
    noun: "blkio weight",
    docker: `${RESOURCES}.BlkioWeightDevice`,
    dockerRun: "HostConfig.BlkioWeightDevice",
    pretty: [SECTION, "Blkio Weight of Disks"],
  }),
  field("task.controls.readBps", {
    type: list("byteRate"),
    flag: "--device-read-bps <rate>",
    help: "bytes per second it may read from a disk: PATH:SIZE, such as /dev/sda:10m",
    noun: "read rate",
    docker: `${RESOURCES}.BlkioDeviceReadBps`,
    dockerRun: "HostConfig.BlkioDeviceReadBps",
    pretty: [SECTION, "Read Bytes per Second"],
  }),
  field("task.controls.writeBps", {
    type: list("byteRate"),
    flag: "--device-write-bps <rate>",
    help: "bytes per second it may write to a disk: PATH:SIZE",
    noun: "write rate",
    docker: `${RESOURCES}.BlkioDeviceWriteBps`,
    dockerRun: "HostConfig.BlkioDeviceWriteBps",
    pretty: [SECTION, "Write Bytes per Second"],
  }),
  field("task.controls.readIops", {
    type: list("rate"),
    flag: "--device-read-iops <rate>",
    help: "requests per second to read from a disk: PATH:NUMBER",
    noun: "read rate",
    docker: `${RESOURCES}.BlkioDeviceReadIOps`,
    dockerRun: "HostConfig.BlkioDeviceReadIOps",
    pretty: [SECTION, "Reads per Second"],
  }),
  field("task.controls.writeIops", {
    type: list("rate"),
    flag: "--device-write-iops <rate>",
    help: "requests per second to write to a disk: PATH:NUMBER",
    noun: "write rate",
    docker: `${RESOURCES}.BlkioDeviceWriteIOps`,
    dockerRun: "HostConfig.BlkioDeviceWriteIOps",
    pretty: [SECTION, "Writes per Second"],
  }),
  field("task.controls.hugepages", {
    type: list("hugepages"),
    flag: "--hugepages <limit>",
    help: "memory it may have in large pages: PAGE=SIZE, such as 2MB=64m",
    noun: "limit of large pages",
    docker: `${RESOURCES}.HugepageLimits`,
    pretty: [SECTION, "Large Pages"],
  }),
  field("task.controls.oomKillDisable", {
    type: { kind: "switch" },
    flag: "--oom-kill-disable",
    help: "at its memory limit its processes wait instead of being killed; cgroup v1 only",
    noun: "disabling of the OOM killer",
    docker: `${RESOURCES}.OomKillDisable`,
    dockerRun: "HostConfig.OomKillDisable",
    pretty: [SECTION, "OOM Kill Disable"],
  }),
];
