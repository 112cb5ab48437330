import type { NodeId, TaskId } from "../../shared/ids.ts";
import { priorityOf } from "../../shared/objects/priority.ts";
import { isRunnable } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import { byAge } from "../tasks/slots.ts";
import { OrderedSet } from "./ordered-set.ts";
import { hasSlotVolumes } from "./slot-volumes.ts";

/**
 * Waiting tasks that the filters cannot tell apart: of one service and spec, or one task that has its node already, or
 * whose slot has a volume of its own.
 */
export interface Group {
  readonly key: string;
  /** For a global service: its tasks have their nodes from the start. */
  readonly nodeId: NodeId | "";
  /** Oldest first; never empty. As they were when they began to wait: only what never changes may be read from them. */
  readonly tasks: OrderedSet<Task>;
}

/**
 * Tasks that wait for a node, in groups, and which groups are worth another look. A group that was looked at and found
 * no node is not looked at again before something has changed for it.
 */
export class WaitingTasks {
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<TaskId, { readonly group: Group; readonly task: Task }>();
  readonly #marked = new Set<Group>();
  /** Groups with affinities, by the lower-case name of each service that these name. */
  readonly #near = new Map<string, Set<Group>>();

  /** Those not marked: nothing could be done for them. */
  get blocked(): readonly Group[] {
    return [...this.#groups.values()].filter((group) => !this.#marked.has(group));
  }

  get hasBlocked(): boolean {
    return this.#groups.size > this.#marked.size;
  }

  /** Takes in a task as it now is; `task` undefined = it is gone. */
  look(taskId: TaskId, task: Task | undefined): void {
    const present = this.#groupOf.get(taskId);
    if (task !== undefined && isWaiting(task)) {
      if (present === undefined) this.#add(task);
    } else if (present !== undefined) {
      this.#remove(present.group, present.task);
    }
  }

  mark(group: Group): void {
    if (this.#groups.get(group.key) === group) this.#marked.add(group);
  }

  markAll(): void {
    for (const group of this.#groups.values()) this.#marked.add(group);
  }

  /** Tasks of this service have come or gone: those with an affinity to it are worth another look. */
  markNear(name: string): void {
    if (this.#near.size === 0) return;
    for (const group of this.#near.get(name.toLowerCase()) ?? []) this.#marked.add(group);
  }

  unmark(group: Group): void {
    this.#marked.delete(group);
  }

  /** Groups worth a look. */
  get marked(): ReadonlySet<Group> {
    return this.#marked;
  }

  #add(task: Task): void {
    const key = isAlone(task) ? task.id : `${task.serviceId}/${task.generation}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, nodeId: task.nodeId, tasks: new OrderedSet(compareAges) };
      this.#groups.set(key, group);
      for (const name of namesNear(task)) {
        const groups = this.#near.get(name);
        if (groups === undefined) this.#near.set(name, new Set([group]));
        else groups.add(group);
      }
    }
    group.tasks.add(task);
    this.#groupOf.set(task.id, { group, task });
    this.#marked.add(group);
  }

  #remove(group: Group, task: Task): void {
    group.tasks.delete(task);
    this.#groupOf.delete(task.id);
    if (group.tasks.size > 0) return;
    this.#groups.delete(group.key);
    this.#marked.delete(group);
    for (const name of namesNear(task)) {
      const groups = this.#near.get(name);
      groups?.delete(group);
      if (groups?.size === 0) this.#near.delete(name);
    }
  }
}

export function isWaiting(task: Task): boolean {
  return task.status.state === "PENDING" && isRunnable(task) && !task.awaitsDependencies;
}

function isAlone(task: Task): boolean {
  return unlessIll(() => task.nodeId !== "" || hasSlotVolumes(task), true);
}

/** Services that its affinities name. */
function namesNear(task: Task): readonly string[] {
  return unlessIll(() => (task.spec.placement?.affinities ?? []).map(({ service }) => service.toLowerCase()), []);
}

/** An ill task is noted all the same: what is wrong with it shows when its filters are made, and can be read there. */
function unlessIll<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Tasks that have their node come first, then those of high priority, then the group that has waited longest. */
export function inOrder(groups: readonly Group[]): readonly Group[] {
  return groups.toSorted(
    (a, b) => Number(a.nodeId === "") - Number(b.nodeId === "") || priorityIn(b) - priorityIn(a) || byOldest(a, b),
  );
}

const priorityIn = ({ tasks }: Group): number =>
  unlessIll(() => priorityOf(tasks.first?.spec.placement), priorityOf(null));

const compareAges = (a: Task, b: Task): number => (a.id === b.id ? 0 : byAge(a, b));

function byOldest(a: Group, b: Group): number {
  return a.tasks.first === undefined || b.tasks.first === undefined ? 0 : byAge(a.tasks.first, b.tasks.first);
}
