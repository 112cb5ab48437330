import { mustHave } from "../../shared/invariant.ts";
import type { ContainerConfig, ContainerDetails, ContainerSummary } from "../../shared/rpc/gen/containers.ts";

/** A container that was made from a configuration and does not run, as its host tells of it. */
export function createContainerDetails(
  config: ContainerConfig,
  part: Partial<Omit<ContainerDetails, "summary">> & { readonly summary?: Partial<ContainerSummary> } = {},
): ContainerDetails {
  const container = mustHave(config.task?.container, "the container of a task");
  const { summary, ...rest } = part;
  return {
    summary: {
      id: "c".repeat(64),
      name: config.name || "quiet_otter",
      image: container.image,
      imageId: "d".repeat(64),
      command: [...container.command, ...container.args],
      createdAtMs: 1_000,
      state: "CREATED",
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      ports: [],
      labels: container.labels,
      mounts: container.mounts,
      networks: ["bridge"],
      taskId: "",
      health: "",
      exposedPorts: [],
      ownBytes: 0,
      places: [],
      ...summary,
    },
    config,
    pid: 0,
    error: "",
    outOfMemory: false,
    restarts: 0,
    health: null,
    networks: [],
    mounts: [],
    env: container.env,
    dir: container.dir,
    user: container.user,
    hostname: container.hostname || "c".repeat(12),
    logPath: "",
    resolvConfPath: "",
    hostsPath: "",
    hostnamePath: "",
    upperDirectory: "",
    layerDirectories: [],
    cgroupPath: "",
    hostnameOfHost: "h1",
    nodeId: "",
    runtime: container.runtime || "crun",
    logDriver: config.task?.logDriver?.name || "json-file",
    apparmorProfile: "",
    canBeHeld: true,
    ...rest,
  };
}
