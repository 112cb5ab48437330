import { SwarmError } from "../../shared/errors.ts";
import type { Ulimit } from "../../shared/rpc/gen/objects.ts";
import { ULIMIT_UNLIMITED } from "../../shared/ulimits.ts";
import { exactNumber } from "./oci-json.ts";

/** A limit as the OCI configuration lists it. */
export interface OciRlimit {
  readonly type: string;
  readonly soft: unknown;
  readonly hard: unknown;
}

const MIB = 1 << 20;

/**
 * What a container gets, however the daemon was started: what Docker's containers have on a host with systemd. 1024
 * open files at first, since programs that close every possible file take minutes with a million; programs that need
 * more may raise it. `sigpending` is left to the kernel, which derives it from the host's memory.
 */
const DEFAULTS: readonly Ulimit[] = [
  ...["as", "core", "cpu", "data", "fsize", "locks", "nproc", "rss", "rttime"].map((name) => ({
    ...{ name, soft: ULIMIT_UNLIMITED, hard: ULIMIT_UNLIMITED },
  })),
  { name: "memlock", soft: 8 * MIB, hard: 8 * MIB },
  { name: "msgqueue", soft: 819_200, hard: 819_200 },
  { name: "nice", soft: 0, hard: 0 },
  { name: "nofile", soft: 1_024, hard: 524_288 },
  { name: "rtprio", soft: 0, hard: 0 },
  { name: "stack", soft: 8 * MIB, hard: ULIMIT_UNLIMITED },
];

/** The most that the daemon may give, by a limit's name; null = anything, as CAP_SYS_RESOURCE allows. */
export type RlimitCeiling = ReadonlyMap<string, number> | null;

/**
 * All limits of a container's processes: the service's own, the defaults for the rest, these no higher than the daemon
 * may.
 * @throws SwarmError failedPrecondition when the service asks for more than this host's daemon may give.
 */
export function rlimitsOf(own: readonly Ulimit[], ceiling: RlimitCeiling): readonly OciRlimit[] {
  const mostOf = (name: string): number => ceiling?.get(name) ?? ULIMIT_UNLIMITED;
  for (const { name, hard } of own) {
    const most = mostOf(name);
    if (lower(hard, most) === hard) continue;
    const sentence = `this node cannot give ulimit ${name} a hard limit of ${hard}: its own is ${most}`;
    throw new SwarmError("failedPrecondition", `${sentence}, and it lacks CAP_SYS_RESOURCE`);
  }
  const rest = DEFAULTS.filter(({ name }) => !own.some((limit) => limit.name === name)).map(({ name, soft, hard }) => ({
    ...{ name, soft: lower(soft, mostOf(name)), hard: lower(hard, mostOf(name)) },
  }));
  return [...rest, ...own]
    .map(({ name, soft, hard }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft: toOci(soft), hard: toOci(hard) }))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** Their names in /proc/PID/limits. */
const KERNEL_NAMES: readonly (readonly [string, string])[] = [
  ["as", "Max address space"],
  ["core", "Max core file size"],
  ["cpu", "Max cpu time"],
  ["data", "Max data size"],
  ["fsize", "Max file size"],
  ["locks", "Max file locks"],
  ["memlock", "Max locked memory"],
  ["msgqueue", "Max msgqueue size"],
  ["nice", "Max nice priority"],
  ["nofile", "Max open files"],
  ["nproc", "Max processes"],
  ["rss", "Max resident set"],
  ["rtprio", "Max realtime priority"],
  ["rttime", "Max realtime timeout"],
  ["sigpending", "Max pending signals"],
  ["stack", "Max stack size"],
];
const CAP_SYS_RESOURCE = 24n;

/** What a process may give to its children, from its `limits` and `status` in /proc. A missing line means no limit. */
export function ceilingOf(limits: string, status: string): RlimitCeiling {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  if (((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n) return null;
  const ceiling = new Map<string, number>();
  for (const [name, words] of KERNEL_NAMES) {
    const hard = new RegExp(`^${words}\\s+\\S+\\s+(\\d+)`, "m").exec(limits)?.[1];
    if (hard !== undefined) ceiling.set(name, Number(hard));
  }
  return ceiling;
}

function lower(a: number, b: number): number {
  if (a === ULIMIT_UNLIMITED) return b;
  return b === ULIMIT_UNLIMITED ? a : Math.min(a, b);
}

/** The kernel's word for "no limit" is 2^64 - 1, which a number of JavaScript cannot hold. */
const INFINITY_TEXT = "18446744073709551615";

function toOci(limit: number): unknown {
  return limit === ULIMIT_UNLIMITED ? exactNumber(INFINITY_TEXT) : limit;
}
