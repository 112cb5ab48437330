import { SwarmError } from "../../shared/errors.ts";
import { parseNumberList } from "../../shared/linux/number-list.ts";
import type { ResourceControls, TaskSpec } from "../../shared/rpc/gen/objects.ts";
import type { HostCapacity, HostControl } from "./host-capacity.ts";

/** A setting as people know it, whether it is asked for, and what a host needs for it. */
interface Demand {
  readonly flag: string;
  readonly isAsked: (controls: ResourceControls) => boolean;
  readonly control: HostControl;
  readonly needs: string;
}

const ONLY_V1 = "only cgroup v1 has it";
const IO = "its kernel or its cgroups lack the controller of disks (blkio, io)";

const DEMANDS: readonly Demand[] = [
  {
    ...{ flag: "--cpu-shares", control: "cpu", needs: "its cgroups lack the controller cpu" },
    isAsked: ({ cpuShares, cpuQuotaUs, cpuPeriodUs }) => cpuShares + cpuQuotaUs + cpuPeriodUs > 0,
  },
  {
    ...{ flag: "--cpu-rt-runtime", control: "rt", needs: `${ONLY_V1}, on kernels with CONFIG_RT_GROUP_SCHED` },
    isAsked: ({ cpuRtPeriodUs, cpuRtRuntimeUs }) => cpuRtPeriodUs + cpuRtRuntimeUs > 0,
  },
  {
    ...{ flag: "--cpuset-cpus", control: "cpuset", needs: "its cgroups lack the controller cpuset" },
    isAsked: ({ cpusetCpus, cpusetMems }) => cpusetCpus + cpusetMems !== "",
  },
  {
    ...{
      flag: "--blkio-weight",
      control: "blkioWeight",
      needs: "its control groups have no io.weight or io.bfq.weight (cgroup v2) and no blkio.weight (cgroup v1)",
    },
    isAsked: ({ blkioWeight, blkioWeightDevices }) => blkioWeight > 0 || blkioWeightDevices.length > 0,
  },
  {
    ...{ flag: "limits of disks (--device-read-bps and the like)", control: "blkioRate", needs: IO },
    isAsked: ({ readBps, writeBps, readIops, writeIops }) =>
      [readBps, writeBps, readIops, writeIops].some((list) => list.length > 0),
  },
  {
    ...{ flag: "--hugepages", control: "hugepages", needs: "its cgroups lack the controller hugetlb" },
    isAsked: ({ hugepages }) => hugepages.length > 0,
  },
  {
    ...{ flag: "--oom-kill-disable", control: "oomKillDisable", needs: ONLY_V1 },
    isAsked: ({ oomKillDisable }) => oomKillDisable,
  },
];

/**
 * Refuses what this host's kernel does not have, before anything is made: a setting that is silently ignored is one
 * that somebody relies on.
 * @throws SwarmError failedPrecondition.
 */
export function checkControls({ controls }: Pick<TaskSpec, "controls">, host: HostCapacity, hostname: string): void {
  if (controls === null) return;
  const lacking = DEMANDS.find(({ isAsked, control }) => isAsked(controls) && !host.controls.has(control));
  if (lacking !== undefined) {
    const { flag, needs } = lacking;
    throw new SwarmError("failedPrecondition", `node ${hostname} cannot apply ${flag}: ${needs}`);
  }
  checkNumbers("CPUs", controls.cpusetCpus, host.cpuNumbers, hostname);
  checkNumbers("memory nodes", controls.cpusetMems, host.memoryNodes, hostname);
}

function checkNumbers(what: string, list: string, available: readonly number[], hostname: string): void {
  if (list === "" || available.length === 0) return;
  if ((parseNumberList(list) ?? []).every((number) => available.includes(number))) return;
  throw new SwarmError("failedPrecondition", `node ${hostname} has no ${what} ${list}: it has ${rangesOf(available)}`);
}

/** "0-2,5". */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}
