import type { Resources } from "../../shared/rpc/gen/objects.ts";
import type { HostCapacity } from "./host-capacity.ts";
import type { OciRlimit } from "./rlimits.ts";
import { type SeccompProfile, seccompProfile } from "./seccomp.ts";
import type { ContainerUser } from "./users.ts";

/** A mount as the OCI configuration lists it. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** What the container may use. Limits: null or 0 = none. */
export interface ContainerResources {
  readonly limits: Resources | null;
  readonly reservations: Resources | null;
  /** On top of the memory limit; -1 = unlimited, absent = as much as the limit. */
  readonly swapBytes?: number;
  /** Absent or negative = the host's setting. */
  readonly memorySwappiness?: number;
  /** What the host supports of it. */
  readonly controls: Pick<HostCapacity, "canLimitSwap" | "canSetSwappiness">;
}

/** Everything that makes a container, decided; `ociConfig` only writes it down. */
export interface ContainerPlan {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: ContainerUser;
  readonly capabilities: readonly string[];
  /** Setuid programs and file capabilities give no privileges. */
  readonly noNewPrivileges: boolean;
  readonly rlimits: readonly OciRlimit[];
  readonly hostname: string;
  readonly tty: boolean;
  /** Path of the mounted root file system. */
  readonly rootfs: string;
  readonly rootReadOnly: boolean;
  /** Of the service and the host's own files, parents before children. */
  readonly mounts: readonly OciMount[];
  /** Path of its network namespace; null = the host's. */
  readonly networkNamespace: string | null;
  /** Absolute, in every cgroup hierarchy. */
  readonly cgroupPath: string;
  readonly resources: ContainerResources;
  /** Kernel settings of its namespaces, instead of the defaults. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly oomScoreAdj: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The host's, as Node.js names it: x64, arm64. */
  readonly architecture: string;
}

/** The usual default for programs; without it the daemon's would be inherited, and containers do not expect 0077. */
const CONTAINER_UMASK = 0o022;
const OCI_VERSION = "1.0.2";
const CPU_PERIOD_US = 100_000;
/** The kernel refuses anything smaller. */
const CPU_QUOTA_US_MIN = 1_000;
const NANO_CPUS_PER_CPU = 1e9;

/** Kernel knobs and listings that reveal or affect the host. */
const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
const CGROUP_PATH = "/sys/fs/cgroup";

/** A non-root process may listen on port 80 and ping, as in Docker. Not where that would hold for the whole host. */
const NETWORK_SYSCTLS = {
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
} as const;

/** File systems that nearly all programs need. */
const BASE_MOUNTS: readonly OciMount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  {
    destination: CGROUP_PATH,
    type: "cgroup",
    source: "cgroup",
    options: ["ro", "nosuid", "noexec", "nodev", "relatime"],
  },
  // With cgroup version 1 it is a tmpfs that holds a mount for each hierarchy, and `ro` reaches only those. Once more,
  // for the tmpfs itself: as a read-only path it would be bound over the mounts below before crun has closed them.
  {
    destination: CGROUP_PATH,
    type: "none",
    source: CGROUP_PATH,
    options: ["bind", "remount", "ro", "nosuid", "noexec", "nodev", "relatime"],
  },
];

/** The part of an OCI configuration that says what to run; also that of a further process in the container. */
export interface OciProcess {
  readonly terminal: boolean;
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly additionalGids: readonly number[];
    readonly umask: number;
  };
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly noNewPrivileges: boolean;
  readonly rlimits: readonly OciRlimit[];
  readonly oomScoreAdj: number;
}

/** The `config.json` of a bundle. Follows the OCI runtime specification 1.0. */
export function ociConfig(plan: ContainerPlan): Readonly<Record<string, unknown>> {
  const seccomp: SeccompProfile = seccompProfile(plan.capabilities, plan.architecture);
  return {
    ociVersion: OCI_VERSION,
    process: ociProcess(plan),
    root: { path: plan.rootfs, readonly: plan.rootReadOnly },
    hostname: plan.hostname,
    mounts: [...withoutReplaced(BASE_MOUNTS, plan.mounts), ...plan.mounts],
    annotations: plan.annotations,
    linux: {
      namespaces: [
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
        ...(plan.networkNamespace === null ? [] : [{ type: "network", path: plan.networkNamespace }]),
      ],
      sysctl: { ...(plan.networkNamespace === null ? {} : NETWORK_SYSCTLS), ...plan.sysctls },
      ...rootPropagation(plan.mounts),
      cgroupsPath: plan.cgroupPath,
      resources: ociResources(plan.resources),
      seccomp,
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
    },
  };
}

export function ociProcess(plan: ContainerPlan): OciProcess {
  const { uid, gid, additionalGids } = plan.user;
  // Only root starts with its capabilities in force; others gain them, up to the bounding set, by setuid programs and
  // file capabilities of their image. None are inheritable, so that no file capability can pass on what a caller has.
  const effective = uid === 0 ? plan.capabilities : [];
  return {
    terminal: plan.tty,
    user: { uid, gid, additionalGids, umask: CONTAINER_UMASK },
    args: plan.args,
    env: plan.env,
    cwd: plan.cwd,
    capabilities: { bounding: plan.capabilities, effective, permitted: effective, inheritable: [], ambient: [] },
    noNewPrivileges: plan.noNewPrivileges,
    rlimits: plan.rlimits,
    oomScoreAdj: plan.oomScoreAdj,
  };
}

/** What a mount passes on, the whole tree must not hold up; as Docker has it. Nothing is passed on unless said. */
function rootPropagation(mounts: readonly OciMount[]): { readonly rootfsPropagation?: string } {
  const has = (...words: readonly string[]): boolean =>
    mounts.some(({ options }) => options.some((option) => words.includes(option)));
  if (has("shared", "rshared")) return { rootfsPropagation: "rshared" };
  return has("slave", "rslave") ? { rootfsPropagation: "rslave" } : {};
}

/** cgroup settings in v1 words; runtimes translate them for v2. */
export function ociResources(resources: ContainerResources): Record<string, unknown> {
  const { limits, reservations, memorySwappiness = -1, controls } = resources;
  const memory = {
    ...(positive(limits?.memoryBytes) ? { limit: limits?.memoryBytes, ...swapLimit(resources) } : {}),
    ...(memorySwappiness >= 0 && controls.canSetSwappiness ? { swappiness: memorySwappiness } : {}),
    ...(positive(reservations?.memoryBytes) ? { reservation: reservations?.memoryBytes } : {}),
  };
  const quota = Math.round(((limits?.nanoCpus ?? 0) / NANO_CPUS_PER_CPU) * CPU_PERIOD_US);
  return {
    devices: [{ allow: false, access: "rwm" }],
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(quota > 0 ? { cpu: { quota: Math.max(quota, CPU_QUOTA_US_MIN), period: CPU_PERIOD_US } } : {}),
    ...(positive(limits?.pids) ? { pids: { limit: limits?.pids } } : {}),
  };
}

/** The runtime wants memory and swap together. As in Docker, only memory is limited if the kernel cannot limit swap. */
function swapLimit({ limits, swapBytes, controls }: ContainerResources): { readonly swap?: number } {
  if (!controls.canLimitSwap) return {};
  const memoryBytes = limits?.memoryBytes ?? 0;
  if (swapBytes === -1) return { swap: -1 };
  return { swap: memoryBytes + (swapBytes ?? memoryBytes) };
}

function positive(amount: number | undefined): boolean {
  return amount !== undefined && amount > 0;
}

/** The service may mount something of its own at /dev/shm and the like. */
function withoutReplaced(base: readonly OciMount[], own: readonly OciMount[]): readonly OciMount[] {
  return base.filter(({ destination }) => !own.some((mount) => mount.destination === destination));
}
