import { SwarmError } from "../../shared/errors.ts";
import { ALL_CAPABILITIES } from "../../shared/linux/capabilities.ts";
import { parseNumberList } from "../../shared/linux/number-list.ts";
import type { Resources } from "../../shared/rpc/gen/objects.ts";

/** What this host's kernel allows the daemon, and so containers. */
export interface HostCapacity {
  /** By name; a daemon in a container itself has fewer, an old kernel knows fewer. */
  readonly capabilities: ReadonlySet<string>;
  /** CPUs the daemon may run on; 0 = not known. */
  readonly cpus: number;
  /** Their numbers, and those of the memory nodes it may use; empty = not known. */
  readonly cpuNumbers: readonly number[];
  readonly memoryNodes: readonly number[];
  /** Its release: 6.1.0-18-amd64; "" = not known. */
  readonly kernel: string;
  /** Whether cgroups can limit swap, which a kernel's command line may have switched off. */
  readonly canLimitSwap: boolean;
  /** Only cgroup v1 can. */
  readonly canSetSwappiness: boolean;
  /** All its control groups are of version 2. */
  readonly isUnified: boolean;
  /** Which finer settings of control groups its kernel has. */
  readonly controls: ReadonlySet<HostControl>;
}

/** Settings that kernels were built without, or that only one version of cgroups has. */
export type HostControl = "cpu" | "cpuset" | "rt" | "blkioWeight" | "blkioRate" | "hugepages" | "oomKillDisable";

export type GroupControls = Pick<HostCapacity, "canLimitSwap" | "canSetSwappiness" | "isUnified" | "controls">;

const NO_CONTROLS: GroupControls = {
  ...{ canLimitSwap: false, canSetSwappiness: false, isUnified: false },
  controls: new Set<HostControl>(["cpu", "cpuset", "rt", "blkioWeight", "blkioRate", "hugepages", "oomKillDisable"]),
};
const CGROUPS = "/sys/fs/cgroup";

/** With cgroup v1 each has a file in its hierarchy's root; any of them will do. */
const FILES_V1: readonly (readonly [HostControl, readonly string[]])[] = [
  ["cpu", ["cpu/cpu.shares", "cpu,cpuacct/cpu.shares"]],
  ["cpuset", ["cpuset/cpuset.cpus"]],
  ["rt", ["cpu/cpu.rt_runtime_us", "cpu,cpuacct/cpu.rt_runtime_us"]],
  // Not that of the scheduler bfq, blkio.bfq.weight: crun does not know it.
  ["blkioWeight", ["blkio/blkio.weight"]],
  ["blkioRate", ["blkio/blkio.throttle.read_bps_device"]],
  ["oomKillDisable", ["memory/memory.oom_control"]],
];
/** With v2 each belongs to a controller; whether disks are weighed depends on their scheduler, too. */
const CONTROLLERS_V2: readonly (readonly [HostControl, string])[] = [
  ["cpu", "cpu"],
  ["cpuset", "cpuset"],
  ["blkioWeight", "io"],
  ["blkioRate", "io"],
  ["hugepages", "hugetlb"],
];

/** Groups that most hosts have, apart from the daemon's own: the root has no files of settings. */
const GROUPS_V2 = ["swarm", "system.slice", "init.scope", "user.slice"];

type Read = (path: string) => Promise<string | null>;

async function controlsOfV2(
  controllers: ReadonlySet<string>,
  groups: readonly string[],
  has: (path: string) => Promise<boolean>,
): Promise<ReadonlySet<HostControl>> {
  const controls = new Set(CONTROLLERS_V2.filter(([, name]) => controllers.has(name)).map(([control]) => control));
  // Kernels without bfq and without a model of what disks can do limit disks and do not weigh them.
  for (const group of groups.filter((name) => name !== "")) {
    if (!(await has(`${group}/io.max`))) continue;
    if (!(await has(`${group}/io.weight`)) && !(await has(`${group}/io.bfq.weight`))) controls.delete("blkioWeight");
    break;
  }
  return controls;
}

/** Reads what the daemon's own cgroup has: the root of v2 shows no limits. */
export async function readGroupControls(read: Read): Promise<GroupControls> {
  const own = /^0::(.*)$/m.exec((await read("/proc/self/cgroup")) ?? "")?.[1] ?? "";
  const has = async (path: string): Promise<boolean> => (await read(`${CGROUPS}/${path}`)) !== null;
  const controllers = await read(`${CGROUPS}/cgroup.controllers`);
  if (controllers !== null) {
    const words = new Set(controllers.trim().split(/\s+/));
    return {
      canLimitSwap: await has(`${own.slice(1)}/memory.swap.max`),
      canSetSwappiness: false,
      isUnified: true,
      controls: await controlsOfV2(words, [own.slice(1), ...GROUPS_V2], has),
    };
  }
  const controls = new Set<HostControl>();
  for (const [control, files] of FILES_V1) {
    for (const file of files) if (await has(file)) controls.add(control);
  }
  // A page's size is in the name of its files, so that the hierarchy itself is looked for.
  if (/^hugetlb\s/m.test((await read("/proc/cgroups")) ?? "") && (await has("hugetlb/tasks")))
    controls.add("hugepages");
  return {
    canLimitSwap: await has("memory/memory.memsw.limit_in_bytes"),
    canSetSwappiness: await has("memory/memory.swappiness"),
    isUnified: false,
    controls,
  };
}

const NANOS_PER_CPU = 1_000_000_000;

/** For hosts that do not report it: everything. */
export const UNKNOWN_CAPACITY: HostCapacity = {
  ...{ capabilities: new Set(ALL_CAPABILITIES), cpus: 0, cpuNumbers: [], memoryNodes: [], kernel: "" },
  ...NO_CONTROLS,
};

/** Of the host on which the daemon runs. */
export async function readHostCapacity(read: Read): Promise<HostCapacity> {
  const [status, kernel] = await Promise.all([read("/proc/self/status"), read("/proc/sys/kernel/osrelease")]);
  return capacityOf(status ?? "", await readGroupControls(read), kernel ?? "");
}

/** Read from the daemon's `status` in /proc: the bounding set, the CPUs and memory nodes it is allowed. */
export function capacityOf(status: string, controls: GroupControls = NO_CONTROLS, kernel = ""): HostCapacity {
  const listed = (name: string): readonly number[] =>
    parseNumberList(new RegExp(`^${name}_allowed_list:\\s*(\\S+)$`, "m").exec(status)?.[1] ?? "") ?? [];
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const allowed = /^Cpus_allowed:\s*([0-9a-f,]+)$/m.exec(status)?.[1];
  return {
    capabilities: bounding === undefined ? UNKNOWN_CAPACITY.capabilities : namesOf(BigInt(`0x${bounding}`)),
    cpus: allowed === undefined ? 0 : ones(BigInt(`0x${allowed.replaceAll(",", "")}`)),
    cpuNumbers: listed("Cpus"),
    memoryNodes: listed("Mems"),
    kernel: kernel.trim(),
    ...controls,
  };
}

/**
 * A limit of more CPUs than there are limits nothing, and hides a mistake: Docker refuses it on the host as well.
 * @throws SwarmError failedPrecondition.
 */
export function checkCpuLimit(limits: Pick<Resources, "nanoCpus"> | null, { cpus }: HostCapacity): void {
  const wanted = (limits?.nanoCpus ?? 0) / NANOS_PER_CPU;
  if (cpus === 0 || wanted <= cpus) return;
  throw new SwarmError(
    "failedPrecondition",
    `the limit of ${wanted} CPUs is more than this host has (${cpus}): lower it, or run it on a larger host`,
  );
}

function namesOf(mask: bigint): ReadonlySet<string> {
  return new Set(ALL_CAPABILITIES.filter((_, number) => ((mask >> BigInt(number)) & 1n) === 1n));
}

function ones(mask: bigint): number {
  return [...mask.toString(2)].filter((digit) => digit === "1").length;
}
