import type { ServiceId } from "../../shared/ids.ts";
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
  readonly #hostPorts = new Set<string>();

  constructor(node: Node, tasks: readonly Task[]) {
    this.node = node;
    this.freeNanoCpus = node.description?.resources?.nanoCpus ?? 0;
    this.freeMemoryBytes = node.description?.resources?.memoryBytes ?? 0;
    this.generic = new GenericPool(node.description?.resources?.generic ?? []);
    for (const { port, protocol } of node.description?.listeners ?? [])
      this.#hostPorts.add(hostPortKey(port, protocol));
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
    for (const key of hostPortsOf(task)) this.#hostPorts.add(key);
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

  hasHostPort(key: string): boolean {
    return this.#hostPorts.has(key);
  }
}

/** Every node with its load, in order of id; a node whose load cannot be determined is left out, and gets no tasks. */
export function nodeLoads(view: ReadView, troubles: Trouble[]): readonly NodeLoad[] {
  return view.all("node").flatMap((node) => {
    const about = `node ${node.id}`;
    return isolate(troubles, about, () => [new NodeLoad(node, view.tasksOfNode(node.id))], []);
  });
}

/**
 * The host-mode ports that a task uses on its node, as PORT/PROTOCOL; ports that the host chooses itself never clash.
 */
export function hostPortsOf(task: Task): readonly string[] {
  const ports = task.endpoint?.ports ?? [];
  return ports
    .filter(({ publishMode, publishedPort }) => publishMode === "HOST" && publishedPort !== 0)
    .map(({ publishedPort, protocol }) => hostPortKey(publishedPort, protocol));
}

const hostPortKey = (port: number, protocol: PortConfig["protocol"]): string => `${port}/${protocol}`;

// A global service's task has its node from the start, but uses nothing there until the scheduler has confirmed it.
function isPlaced(task: Task): boolean {
  return holdsResources(task) && rankOf(task.status.state) >= rankOf("ASSIGNED");
}
