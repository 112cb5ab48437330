import { posix } from "node:path";
import { isRuntimeOrder } from "../../shared/linux/runtime-orders.ts";
import { containerHostname } from "../../shared/objects/hostname.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import type { ImageConfig } from "../images/image-config.ts";
import type { TaskNetwork } from "../ports/host-network.ts";
import { capabilitiesOf } from "../runtime/capabilities.ts";
import type { ContainerPaths } from "../runtime/container-paths.ts";
import { type HostFindings, hostAccess } from "../runtime/host-access.ts";
import { checkCpuLimit, type HostCapacity } from "../runtime/host-capacity.ts";
import { checkSysctls, namespacesOf, type OciNamespace } from "../runtime/namespaces.ts";
import type { ContainerPlan } from "../runtime/oci-config.ts";
import type { OciMount } from "../runtime/oci-mount.ts";
import { processArgs, processEnv } from "../runtime/process-spec.ts";
import { type RlimitCeiling, rlimitsOf } from "../runtime/rlimits.ts";
import type { ContainerUser } from "../runtime/users.ts";
import type { WantedContainer } from "./wanted-container.ts";

export interface PlanRequest {
  readonly wanted: WantedContainer;
  readonly image: ImageConfig;
  readonly network: Pick<TaskNetwork, "namespacePath">;
  readonly user: ContainerUser;
  /** Namespaces of other containers that it shares. */
  readonly joined: { readonly pid?: string };
  /** What it wants of its host, as found there. */
  readonly findings: HostFindings;
  /** Of the service and the image. */
  readonly mounts: readonly OciMount[];
  readonly paths: ContainerPaths;
  /** Where all containers' cgroups are, absolute. */
  readonly cgroupParent: string;
  /** Applies to containers whose service does not say. */
  readonly noNewPrivileges: boolean;
  /** What this daemon may give. */
  readonly rlimitCeiling: RlimitCeiling;
  readonly hostCapacity: HostCapacity;
  /** The host's, as Node.js names it. */
  readonly architecture: string;
  /** Host path of the program that is process 1 of containers with `init`; null = this host has none. */
  readonly initProgram: string | null;
}

/**
 * Decides everything about a container from its specification and image.
 * @throws SwarmError when they contradict each other.
 */
export function containerPlan(request: PlanRequest): ContainerPlan {
  const { wanted, image, paths, user, initProgram } = request;
  const spec = wanted.spec.container;
  checkCpuLimit(wanted.spec.limits, request.hostCapacity);
  const { hostCapacity, architecture, findings } = request;
  const namespaces = namespacesOf({
    ...{ modes: spec, network: request.network.namespacePath, joined: request.joined, host: hostCapacity },
  });
  checkSysctls(spec.sysctls, namespaces);
  const hostname = containerHostname(spec.hostname, wanted.key);
  // Among the processes of its host, or of another container, it is not process 1, and could be no init.
  const useInit =
    spec.init && initProgram !== null && namespaces.some(({ type, path }) => type === "pid" && path === undefined);
  const capabilityAdd = spec.privileged ? ["ALL"] : spec.capabilityAdd;
  const capabilities = capabilitiesOf(capabilityAdd, spec.capabilityDrop, hostCapacity.capabilities);
  const own = [...request.mounts, ...findings.edits.mounts, ...sharedMemory(spec)];
  const args = processArgs(spec, image);
  return {
    args: useInit ? [INIT_PATH, "--", ...args] : args,
    env: [...processEnv(spec, image, hostname, user.home, wanted.genericResources), ...findings.edits.env],
    // An image may give it relative to the root, as Docker allows; the runtime requires an absolute path.
    cwd: posix.resolve("/", spec.dir || image.workingDir),
    user: { ...user, additionalGids: [...new Set([...user.additionalGids, ...findings.edits.groups])] },
    capabilities,
    noNewPrivileges: spec.noNewPrivileges ?? request.noNewPrivileges,
    rlimits: rlimitsOf(spec.ulimits, request.rlimitCeiling),
    // The namespace of a container with its host's name must not be given another one: it is the host's.
    hostname: hasName(namespaces) ? hostname : null,
    domainname: hasName(namespaces) ? spec.domainname : "",
    tty: spec.tty,
    rootfs: paths.rootfs,
    rootReadOnly: spec.readOnly,
    // Last: a service may mount something on /etc.
    mounts: [...own, ...hostMounts(paths, own, useInit ? initProgram : null)],
    namespaces,
    access: hostAccess(spec, findings, { capabilities, architecture, kernel: hostCapacity.kernel }),
    cgroupPath: `${groupPath(spec.cgroupParent) || request.cgroupParent}/${wanted.key}`,
    resources: { ...wanted.spec, disks: findings.disks, devices: findings.deviceRules, host: hostCapacity },
    sysctls: spec.sysctls,
    oomScoreAdj: spec.oomScoreAdj,
    annotations: annotationsOf({ ...spec.annotations, ...wanted.labels }),
  };
}

/** Labels as annotations of the container, without those that the OCI runtime would take as orders. */
function annotationsOf(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(labels).filter(([key]) => !isRuntimeOrder(key));
  return Object.fromEntries(kept);
}

/** From the root of the control groups; "" = the host's usual one. */
export function groupPath(parent: string): string {
  return parent === "" || parent.startsWith("/") ? parent : `/${parent}`;
}

const hasName = (namespaces: readonly OciNamespace[]): boolean => namespaces.some(({ type }) => type === "uts");

/** The host's /dev/shm for a container in the host's IPC namespace, unless the service mounts its own there. */
function sharedMemory({ ipcMode, mounts }: Pick<ContainerSpec, "ipcMode" | "mounts">): readonly OciMount[] {
  const destination = "/dev/shm";
  if (ipcMode !== "host" || mounts.some(({ target }) => target === destination)) return [];
  return [
    {
      destination,
      type: "bind",
      source: destination,
      options: ["rbind", "rprivate", "rw", "nosuid", "nodev", "noexec"],
    },
  ];
}

const INIT_PATH = "/sbin/docker-init";

/** Files that the host writes for each container, unless the service mounts its own there. */
function hostMounts(paths: ContainerPaths, own: readonly OciMount[], initProgram: string | null): readonly OciMount[] {
  const files: readonly (readonly [string, string, string])[] = [
    ["/etc/resolv.conf", paths.resolvConf, "rw"],
    ["/etc/hostname", paths.hostnameFile, "rw"],
    ["/etc/hosts", paths.hosts, "rw"],
    ...(initProgram === null ? [] : [[INIT_PATH, initProgram, "ro"] as const]),
  ];
  return files
    .filter(([destination]) => !own.some((mount) => mount.destination === destination))
    .map(([destination, source, access]) => ({
      destination,
      type: "bind",
      source,
      options: ["rbind", "rprivate", access],
    }));
}
