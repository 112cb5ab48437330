import type { ContainerKey } from "../../shared/ids.ts";
import { taskName } from "../../shared/objects/task-name.ts";
import type { NetworkAttachment, Task, TaskSpec } from "../../shared/objects/types.ts";
import type { PullPolicy } from "../../shared/rpc/gen/images.ts";
import type { GenericResource, PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { NetworkedContainer } from "../ports/host-network.ts";
import type { StdinLife } from "../runtime/launch-command.ts";

/**
 * A container as somebody wants it on this host. A task is one source, with a manager behind it; the other one is a
 * person of this host. What makes containers knows no other difference than what is here.
 */
export interface WantedContainer {
  readonly key: ContainerKey;
  /** Docker's name for it: service.slot.task, or as people chose. */
  readonly name: string;
  readonly spec: TaskSpec;
  /** All of them: the specification's, and those of its source. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its addresses. Empty = a way out through the host, and no neighbours. */
  readonly networks: readonly NetworkAttachment[];
  /** Ports of this host that lead to it. */
  readonly hostPorts: readonly PortConfig[];
  /** Hardware address of its end of the link to its host; absent = it follows from the address there. */
  readonly macAddress?: string | undefined;
  /** Which of the host's generic resources it was given. */
  readonly genericResources: readonly GenericResource[];
  /** What its templates speak of; null = it has none, as with people's own containers. */
  readonly task: Task | null;
  /** Its changed files and its log outlive its end, and it is started again on them. */
  readonly isKept: boolean;
  /** The image it was made from, whatever its name means by now; null = the one that its name means. */
  readonly imageId: string | null;
  /** Whose network namespace it shares; null = it has one of its own, or the host's. */
  readonly sharesNetworkOf: ContainerKey | null;
  /** Whose processes it sees; null = its own, or all of the host. */
  readonly sharesProcessesOf: ContainerKey | null;
  /** Who can write to its standard input. */
  readonly stdin: StdinLife;
  /** It has volumes that were made for another container. */
  readonly borrowsVolumes: boolean;
  /** Stopped when its health check gives it up, and not started before it is healthy: a service replaces it. */
  readonly mustBeHealthy: boolean;
}

/** A task as a source of a container. */
export function containerOfTask(task: Task): WantedContainer {
  return {
    key: task.id,
    name: taskName(task),
    spec: task.spec,
    labels: labelsOfTask(task),
    networks: task.networks,
    hostPorts: (task.endpoint?.ports ?? []).filter(({ publishMode }) => publishMode === "HOST"),
    genericResources: task.genericResources,
    task,
    isKept: false,
    imageId: null,
    sharesNetworkOf: null,
    sharesProcessesOf: null,
    stdin: stdinOf(task),
    borrowsVolumes: false,
    mustBeHealthy: true,
  };
}

/** A job has one piece of work, whose input ends where that of whoever gives it does. */
function stdinOf({ spec, jobIteration }: Task): StdinLife {
  if (!spec.container.openStdin) return "none";
  return jobIteration === undefined ? "kept" : "once";
}

/** The service's labels, and those by which Docker's tools find a task's container; these win. */
export function labelsOfTask(task: Task): Readonly<Record<string, string>> {
  return {
    ...task.spec.container.labels,
    "com.docker.swarm.node.id": task.nodeId,
    "com.docker.swarm.service.id": task.serviceId,
    "com.docker.swarm.service.name": task.serviceAnnotations.name,
    "com.docker.swarm.task": "",
    "com.docker.swarm.task.id": task.id,
    "com.docker.swarm.task.name": taskName(task),
  };
}

/** As the host's network sees it. */
export function placeOf({ key, spec, networks, hostPorts, macAddress }: WantedContainer): NetworkedContainer {
  return { id: key, spec, networks, endpoint: { ports: hostPorts }, macAddress };
}

/** When its image is looked for in the registry: once where people made it, for a task as its service says. */
export function pullPolicyOf({ isKept, spec }: WantedContainer): PullPolicy {
  if (isKept) return "PULL_MISSING";
  switch (spec.container.pullPolicy) {
    case "always":
      return "PULL_ALWAYS";
    case "missing":
      return "PULL_MISSING";
    case "never":
      return "PULL_NEVER";
    default:
      return "PULL_DEFAULT";
  }
}
