import { SwarmError } from "../../shared/errors.ts";
import { ALL_CAPABILITIES } from "../../shared/linux/capabilities.ts";
import type { Resources } from "../../shared/rpc/gen/objects.ts";

/** What this host's kernel allows the daemon, and so containers. */
export interface HostCapacity {
  /** By name; a daemon in a container itself has fewer, an old kernel knows fewer. */
  readonly capabilities: ReadonlySet<string>;
  /** CPUs the daemon may run on; 0 = not known. */
  readonly cpus: number;
  /** Whether cgroups can limit swap, which a kernel's command line may have switched off. */
  readonly canLimitSwap: boolean;
  /** Only cgroup v1 can. */
  readonly canSetSwappiness: boolean;
}

export type MemoryControls = Pick<HostCapacity, "canLimitSwap" | "canSetSwappiness">;

const NO_CONTROLS: MemoryControls = { canLimitSwap: false, canSetSwappiness: false };
const CGROUPS = "/sys/fs/cgroup";

/** Reads what the daemon's own cgroup has: the root of v2 shows no limits. */
export async function readMemoryControls(read: (path: string) => Promise<string | null>): Promise<MemoryControls> {
  const own = /^0::(.*)$/m.exec((await read("/proc/self/cgroup")) ?? "")?.[1] ?? "";
  const has = async (path: string): Promise<boolean> => (await read(`${CGROUPS}/${path}`)) !== null;
  const isUnified = await has("cgroup.controllers");
  return {
    canLimitSwap: await has(isUnified ? `${own.slice(1)}/memory.swap.max` : "memory/memory.memsw.limit_in_bytes"),
    canSetSwappiness: !isUnified && (await has("memory/memory.swappiness")),
  };
}

const NANOS_PER_CPU = 1_000_000_000;

/** For hosts that do not report it: everything. */
export const UNKNOWN_CAPACITY: HostCapacity = {
  ...{ capabilities: new Set(ALL_CAPABILITIES), cpus: 0 },
  ...NO_CONTROLS,
};

/** Read from the daemon's `status` in /proc: the bounding set, and the CPUs it is allowed. */
export function capacityOf(status: string, controls: MemoryControls = NO_CONTROLS): HostCapacity {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const allowed = /^Cpus_allowed:\s*([0-9a-f,]+)$/m.exec(status)?.[1];
  return {
    capabilities: bounding === undefined ? UNKNOWN_CAPACITY.capabilities : namesOf(BigInt(`0x${bounding}`)),
    cpus: allowed === undefined ? 0 : ones(BigInt(`0x${allowed.replaceAll(",", "")}`)),
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
    `the limit of ${wanted} CPUs is more than this host has (${cpus}): lower it, or place the service elsewhere`,
  );
}

function namesOf(mask: bigint): ReadonlySet<string> {
  return new Set(ALL_CAPABILITIES.filter((_, number) => ((mask >> BigInt(number)) & 1n) === 1n));
}

function ones(mask: bigint): number {
  return [...mask.toString(2)].filter((digit) => digit === "1").length;
}
