import type { ServiceId, TaskId } from "../../shared/ids.ts";
import { canonicalHostIp, hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { GenericResource } from "../../shared/rpc/gen/objects.ts";
import { GenericPool } from "../tasks/generic-pool.ts";
import { type HostPort, hostPortKey, hostPortsOf, isPlaced } from "../tasks/host-ports.ts";

/** A task as it was counted in, so that exactly the same can be taken away. */
interface Held {
  readonly task: Task;
  readonly given: readonly GenericResource[];
  readonly ports: readonly HostPort[];
}

/**
 * A node with what is left on it. It depends on the node and on the tasks that are counted in, not on the order in
 * which they came: what was counted in and taken away again leaves no trace.
 */
export class NodeLoad {
  readonly node: Node;
  freeNanoCpus: number;
  freeMemoryBytes: number;
  readonly generic: GenericPool;
  /** Tasks wanted to run here, of all services. */
  taskCount = 0;
  /** Some task here was given generic resources by nobody: which ones are free depends on whom one asks first. */
  isGuess = false;
  readonly #tasks = new Map<TaskId, Held>();
  readonly #ofService = new Map<ServiceId, number>();
  /** At which addresses each port is in use, once for each user. */
  readonly #hostPorts = new Map<string, string[]>();

  constructor(node: Node, tasks: readonly Task[]) {
    this.node = node;
    this.freeNanoCpus = node.description?.resources?.nanoCpus ?? 0;
    this.freeMemoryBytes = node.description?.resources?.memoryBytes ?? 0;
    this.generic = new GenericPool(node.description?.resources?.generic ?? []);
    for (const { port, protocol, address } of node.description?.listeners ?? []) {
      this.#usePort({ key: hostPortKey(port, protocol), hostIp: canonicalHostIp(address) ?? "" });
    }
    for (const task of tasks) {
      if (!isPlaced(task)) continue;
      this.add(task);
      this.isGuess ||= isUngiven(task);
    }
  }

  /** Of its CPUs and its memory, the smaller part that is left, 0..1; a node that has none of either has all of it. */
  get freeShare(): number {
    const { nanoCpus = 0, memoryBytes = 0 } = this.node.description?.resources ?? {};
    return Math.min(
      nanoCpus === 0 ? 1 : Math.max(0, this.freeNanoCpus / nanoCpus),
      memoryBytes === 0 ? 1 : Math.max(0, this.freeMemoryBytes / memoryBytes),
    );
  }

  /** Services with a task that is wanted to run here. */
  get services(): Iterable<ServiceId> {
    return this.#ofService.keys();
  }

  /** All that is counted in. */
  *tasks(): Generator<Task> {
    for (const { task } of this.#tasks.values()) yield task;
  }

  /** A task that is counted in, as it then was. */
  taskOf(taskId: TaskId): Task | undefined {
    return this.#tasks.get(taskId)?.task;
  }

  /**
   * Counts a task in. Its reservations and host ports are in use until it is over; in the ranking it counts only while
   * it is wanted to run, so that it does not hold back its successor while it stops. @returns the generic resources it
   * has, or is given now.
   */
  add(task: Task): readonly GenericResource[] {
    const given = task.genericResources.length > 0 ? task.genericResources : this.#pick(task);
    const held: Held = { task, given, ports: hostPortsOf(task) };
    this.#reserve(task, 1);
    for (const port of held.ports) this.#usePort(port);
    for (const resource of given) this.generic.take(resource);
    if (isRunnable(task)) this.#count(task.serviceId, 1);
    this.#tasks.set(task.id, held);
    return given;
  }

  /** Takes a task away that was counted in. */
  remove(taskId: TaskId): void {
    const held = this.#tasks.get(taskId);
    if (held === undefined) return;
    const { task, given, ports } = held;
    this.#tasks.delete(taskId);
    this.#reserve(task, -1);
    for (const port of ports) this.#freePort(port);
    for (const resource of given) this.generic.release(resource);
    if (isRunnable(task)) this.#count(task.serviceId, -1);
  }

  countOf(serviceId: ServiceId): number {
    return this.#ofService.get(serviceId) ?? 0;
  }

  hasHostPort(port: HostPort): boolean {
    return this.#hostPorts.get(port.key)?.some((hostIp) => hostIpsOverlap(hostIp, port.hostIp)) ?? false;
  }

  #pick({ spec }: Task): readonly GenericResource[] {
    return (spec.reservations?.generic ?? []).map((wanted) => this.generic.pick(wanted));
  }

  #reserve({ spec }: Task, sign: 1 | -1): void {
    this.freeNanoCpus -= sign * (spec.reservations?.nanoCpus ?? 0);
    this.freeMemoryBytes -= sign * (spec.reservations?.memoryBytes ?? 0);
  }

  #count(serviceId: ServiceId, by: 1 | -1): void {
    this.taskCount += by;
    const count = this.countOf(serviceId) + by;
    if (count === 0) this.#ofService.delete(serviceId);
    else this.#ofService.set(serviceId, count);
  }

  #usePort({ key, hostIp }: HostPort): void {
    const users = this.#hostPorts.get(key);
    if (users === undefined) this.#hostPorts.set(key, [hostIp]);
    else users.push(hostIp);
  }

  #freePort({ key, hostIp }: HostPort): void {
    const users = this.#hostPorts.get(key) ?? [];
    users.splice(users.indexOf(hostIp), 1);
    if (users.length === 0) this.#hostPorts.delete(key);
  }
}

/** As tasks are that a release placed which did not give out generic resources. */
export function isUngiven({ spec, genericResources }: Task): boolean {
  return genericResources.length === 0 && (spec.reservations?.generic.length ?? 0) > 0;
}
