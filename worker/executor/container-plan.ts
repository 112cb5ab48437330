import { posix } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import { containerHostname } from "../../shared/objects/hostname.ts";
import type { ImageConfig } from "../images/image-config.ts";
import type { TaskNetwork } from "../ports/host-network.ts";
import { capabilitiesOf } from "../runtime/capabilities.ts";
import type { ContainerPaths } from "../runtime/container-paths.ts";
import { checkCpuLimit, type HostCapacity } from "../runtime/host-capacity.ts";
import type { ContainerPlan, OciMount } from "../runtime/oci-config.ts";
import { processArgs, processEnv } from "../runtime/process-spec.ts";
import { type RlimitCeiling, rlimitsOf } from "../runtime/rlimits.ts";
import type { ContainerUser } from "../runtime/users.ts";
import type { WantedContainer } from "./wanted-container.ts";

export interface PlanRequest {
  readonly wanted: WantedContainer;
  readonly image: ImageConfig;
  readonly network: Pick<TaskNetwork, "namespacePath">;
  readonly user: ContainerUser;
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
  checkSysctls(spec.sysctls, request.network.namespacePath);
  const hostname = containerHostname(spec.hostname, wanted.key);
  const useInit = spec.init && initProgram !== null;
  const args = processArgs(spec, image);
  return {
    args: useInit ? [INIT_PATH, "--", ...args] : args,
    env: processEnv(spec, image, hostname, user.home, wanted.genericResources),
    // An image may give it relative to the root, as Docker allows; the runtime requires an absolute path.
    cwd: posix.resolve("/", spec.dir || image.workingDir),
    user,
    capabilities: capabilitiesOf(spec.capabilityAdd, spec.capabilityDrop, request.hostCapacity.capabilities),
    noNewPrivileges: spec.noNewPrivileges ?? request.noNewPrivileges,
    rlimits: rlimitsOf(spec.ulimits, request.rlimitCeiling),
    hostname,
    tty: spec.tty,
    rootfs: paths.rootfs,
    rootReadOnly: spec.readOnly,
    // Last: a service may mount something on /etc.
    mounts: [...request.mounts, ...hostMounts(paths, request.mounts, useInit ? initProgram : null)],
    networkNamespace: request.network.namespacePath,
    cgroupPath: `${request.cgroupParent}/${wanted.key}`,
    resources: { ...wanted.spec, controls: request.hostCapacity },
    sysctls: spec.sysctls,
    oomScoreAdj: spec.oomScoreAdj,
    annotations: annotationsOf(wanted.labels),
    architecture: request.architecture,
  };
}

/**
 * Prefixes of annotations that give orders to runtimes, such as to use another system call filter: to crun (also to run
 * another kind of program), to runc, and to runtimes that run containers under a kernel of their own.
 */
const RUNTIME_ORDERS = ["run.oci.", "module.wasm.", "org.systemd.property.", "io.katacontainers.", "dev.gvisor."];

/** Labels as annotations of the container, without those that the OCI runtime would take as orders. */
function annotationsOf(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(labels).filter(([key]) => !RUNTIME_ORDERS.some((order) => key.startsWith(order)));
  return Object.fromEntries(kept);
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

/** @throws SwarmError invalidArgument when the container would change its host's network. */
function checkSysctls(sysctls: Readonly<Record<string, string>>, namespacePath: string | null): void {
  const name = namespacePath === null ? Object.keys(sysctls).find((key) => key.startsWith("net.")) : undefined;
  if (name !== undefined)
    throw new SwarmError(
      "invalidArgument",
      `sysctl ${name} is the host's own: a task on the host network cannot set it`,
    );
}
