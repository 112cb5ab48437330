import { SwarmError } from "../../shared/errors.ts";
import { ALL_CAPABILITIES } from "../../shared/linux/capabilities.ts";
import type { Resources } from "../../shared/rpc/gen/objects.ts";

/** What this host's kernel leaves to the daemon, and so to containers. */
export interface HostCapacity {
  /** By name; a daemon in a container itself has fewer, an old kernel knows fewer. */
  readonly capabilities: ReadonlySet<string>;
  /** CPUs the daemon may run on; 0 = not known. */
  readonly cpus: number;
}

const NANOS_PER_CPU = 1_000_000_000;

/** For hosts that do not tell: everything there is. */
export const UNKNOWN_CAPACITY: HostCapacity = { capabilities: new Set(ALL_CAPABILITIES), cpus: 0 };

/** Read from a process's `status` in /proc: the bounding set, and the CPUs it is allowed. */
export function capacityOf(status: string): HostCapacity {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const allowed = /^Cpus_allowed:\s*([0-9a-f,]+)$/m.exec(status)?.[1];
  return {
    capabilities: bounding === undefined ? UNKNOWN_CAPACITY.capabilities : namesOf(BigInt(`0x${bounding}`)),
    cpus: allowed === undefined ? 0 : ones(BigInt(`0x${allowed.replaceAll(",", "")}`)),
  };
}

/**
 * A limit of more CPUs than there are is none, and hides a mistake: Docker refuses it on the host as well.
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
