import type { HostAccess } from "./host-access.ts";
import type { OciNamespace } from "./namespaces.ts";
import type { OciMount } from "./oci-mount.ts";
import { type ContainerResources, ociResources } from "./oci-resources.ts";
import type { OciRlimit } from "./rlimits.ts";
import type { ContainerUser } from "./users.ts";

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
  /** null = it has its host's. */
  readonly hostname: string | null;
  /** "" = none of its own. */
  readonly domainname: string;
  readonly tty: boolean;
  /** Path of the mounted root file system. */
  readonly rootfs: string;
  readonly rootReadOnly: boolean;
  /** Of the service and the host's own files, parents before children. */
  readonly mounts: readonly OciMount[];
  readonly namespaces: readonly OciNamespace[];
  readonly access: HostAccess;
  /** Absolute, in every cgroup hierarchy. */
  readonly cgroupPath: string;
  readonly resources: ContainerResources;
  /** Kernel settings of its namespaces, instead of the defaults. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly oomScoreAdj: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The usual default for programs; without it the daemon's would be inherited, and containers do not expect 0077. */
const CONTAINER_UMASK = 0o022;
const OCI_VERSION = "1.0.2";

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
function baseMounts({ shmBytes, areCgroupsWritable, isPrivileged }: HostAccess): readonly OciMount[] {
  return [
    ...PROCESS_MOUNTS,
    ...(shmBytes === null ? [] : [shmMount(shmBytes)]),
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    {
      destination: "/sys",
      type: "sysfs",
      source: "sysfs",
      options: ["nosuid", "noexec", "nodev", isPrivileged ? "rw" : "ro"],
    },
    ...(areCgroupsWritable ? [cgroupMount("rw")] : [cgroupMount("ro"), CGROUPS_CLOSED]),
  ];
}

function shmMount(bytes: number): OciMount {
  const options = ["nosuid", "noexec", "nodev", "mode=1777", `size=${bytes}`];
  return { destination: "/dev/shm", type: "tmpfs", source: "shm", options };
}

function cgroupMount(access: "ro" | "rw"): OciMount {
  const options = [access, "nosuid", "noexec", "nodev", "relatime"];
  return { destination: CGROUP_PATH, type: "cgroup", source: "cgroup", options };
}

/**
 * With cgroup version 1 it is a tmpfs that holds a mount for each hierarchy, and `ro` reaches only those. Once more,
 * for the tmpfs itself: as a read-only path it would be bound over the mounts below before crun has closed them.
 */
const CGROUPS_CLOSED: OciMount = {
  destination: CGROUP_PATH,
  type: "none",
  source: CGROUP_PATH,
  options: ["bind", "remount", "ro", "nosuid", "noexec", "nodev", "relatime"],
};

const PROCESS_MOUNTS: readonly OciMount[] = [
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
  readonly apparmorProfile?: string;
}

/** The `config.json` of a bundle. Follows the OCI runtime specification 1.0. */
export function ociConfig(plan: ContainerPlan): Readonly<Record<string, unknown>> {
  const { access, namespaces } = plan;
  const { seccomp, hooks, hasOpenPaths } = access;
  return {
    ociVersion: OCI_VERSION,
    process: ociProcess(plan),
    root: { path: plan.rootfs, readonly: plan.rootReadOnly },
    ...(plan.hostname === null ? {} : { hostname: plan.hostname }),
    ...(plan.domainname === "" ? {} : { domainname: plan.domainname }),
    mounts: [...withoutReplaced(baseMounts(access), plan.mounts), ...plan.mounts],
    ...(hooks === null ? {} : { hooks }),
    annotations: plan.annotations,
    linux: {
      namespaces,
      ...(access.devices.length === 0 ? {} : { devices: access.devices }),
      sysctl: { ...(namespaces.some(({ type }) => type === "network") ? NETWORK_SYSCTLS : {}), ...plan.sysctls },
      ...rootPropagation(plan.mounts),
      cgroupsPath: plan.cgroupPath,
      resources: ociResources(plan.resources),
      ...(seccomp === null ? {} : { seccomp }),
      ...(hasOpenPaths ? {} : { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
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
    ...(plan.access.appArmorProfile === "" ? {} : { apparmorProfile: plan.access.appArmorProfile }),
  };
}

/** What a mount passes on, the whole tree must not hold up; as Docker has it. Nothing is passed on unless said. */
function rootPropagation(mounts: readonly OciMount[]): { readonly rootfsPropagation?: string } {
  const has = (...words: readonly string[]): boolean =>
    mounts.some(({ options }) => options.some((option) => words.includes(option)));
  if (has("shared", "rshared")) return { rootfsPropagation: "rshared" };
  return has("slave", "rslave") ? { rootfsPropagation: "rslave" } : {};
}

/** The service may mount something of its own at /dev/shm and the like. */
function withoutReplaced(base: readonly OciMount[], own: readonly OciMount[]): readonly OciMount[] {
  return base.filter(({ destination }) => !own.some((mount) => mount.destination === destination));
}
