import type { ServiceId } from "../../shared/ids.ts";
import { canonicalHostIp, hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import { holdsResources, isRunnable, rankOf } from "../../shared/objects/task-state.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { GenericResource, PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { GenericPool } from "../tasks/generic-pool.ts";
import { isolate, type Trouble } from "../trouble.ts";

/** A node with what is left on it while a plan fills it. Only deciding code holds one, and only while it decides. */
export class NodeLoad {
  readonly node: Node;
  freeNanoCpus: number;
  freeMemoryBytes: number;
  readonly generic: GenericPool;
  /** Tasks wanted to run here, of all services. */
  taskCount = 0;
  readonly #ofService = new Map<ServiceId, number>();
  readonly #hostPorts: HostPort[] = [];

  constructor(node: Node, tasks: readonly Task[]) {
    this.node = node;
    this.freeNanoCpus = node.description?.resources?.nanoCpus ?? 0;
    this.freeMemoryBytes = node.description?.resources?.memoryBytes ?? 0;
    this.generic = new GenericPool(node.description?.resources?.generic ?? []);
    for (const { port, protocol, address } of node.description?.listeners ?? []) {
      const hostIp = canonicalHostIp(address) ?? "";
      this.#hostPorts.push({ key: hostPortKey(port, protocol), hostIp });
    }
    for (const task of tasks) if (isPlaced(task)) this.add(task);
  }

  /**
   * Counts a task in. Its reservations and host ports are in use until it is over; in the ranking it counts only while
   * it is wanted to run, so that it does not hold back its successor while it stops. @returns the generic resources it
   * has, or is given now.
   */
  add(task: Task): readonly GenericResource[] {
    this.freeNanoCpus -= task.spec.reservations?.nanoCpus ?? 0;
    this.freeMemoryBytes -= task.spec.reservations?.memoryBytes ?? 0;
    this.#hostPorts.push(...hostPortsOf(task));
    const given = task.genericResources.length > 0 ? task.genericResources : this.#pick(task);
    for (const resource of given) this.generic.take(resource);
    if (isRunnable(task)) {
      this.taskCount++;
      this.#ofService.set(task.serviceId, this.countOf(task.serviceId) + 1);
    }
    return given;
  }

  #pick({ spec }: Task): readonly GenericResource[] {
    return (spec.reservations?.generic ?? []).map((wanted) => this.generic.pick(wanted));
  }

  countOf(serviceId: ServiceId): number {
    return this.#ofService.get(serviceId) ?? 0;
  }

  hasHostPort(port: HostPort): boolean {
    return this.#hostPorts.some(({ key, hostIp }) => key === port.key && hostIpsOverlap(hostIp, port.hostIp));
  }
}

/** Every node with its load, in order of id; a node whose load cannot be determined is left out, and gets no tasks. */
export function nodeLoads(view: ReadView, troubles: Trouble[]): readonly NodeLoad[] {
  return view.all("node").flatMap((node) => {
    const about = `node ${node.id}`;
    return isolate(troubles, about, () => [new NodeLoad(node, view.tasksOfNode(node.id))], []);
  });
}

/** A host-mode port, as PORT/PROTOCOL, and at which addresses of its host. */
export interface HostPort {
  readonly key: string;
  readonly hostIp: string;
}

/**
 * The host-mode ports that a task uses on its node; ports that the host chooses itself never clash.
 */
export function hostPortsOf(task: Task): readonly HostPort[] {
  const ports = task.endpoint?.ports ?? [];
  return ports
    .filter(({ publishMode, publishedPort }) => publishMode === "HOST" && publishedPort !== 0)
    .map(({ publishedPort, protocol, hostIp }) => ({ key: hostPortKey(publishedPort, protocol), hostIp }));
}

const hostPortKey = (port: number, protocol: PortConfig["protocol"]): string => `${port}/${protocol}`;

// A global service's task has its node from the start, but uses nothing there until the scheduler has confirmed it.
function isPlaced(task: Task): boolean {
  return holdsResources(task) && rankOf(task.status.state) >= rankOf("ASSIGNED");
}
