import type { NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { TaskMove } from "../../shared/rpc/gen/objects.ts";
import type { Change, ReadView } from "../store/store-types.ts";
import { isOnEmptiedNode } from "./node-fitness.ts";
import { endedByItself } from "./restart-rules.ts";
import { slotsOf } from "./slots.ts";

/** Leaves its node so that the load is even, once its successor runs. What became of the move afterwards is history. */
export const isMoving = (task: Task): task is Task & { readonly move: TaskMove } =>
  task.move !== null && isRunnable(task) && !isFinal(task.status.state);

/** Leaves its node once its successor runs elsewhere: the node is being emptied, or the task is moved. */
export const isLeaving = (view: ReadView, task: Task): boolean => isMoving(task) || isOnEmptiedNode(view, task);

/** The successor of a moving task that came to nothing where it was to run: a move is tried once. */
export function failedHeir(task: Task & { readonly move: TaskMove }, slotTasks: readonly Task[]): Task | undefined {
  const { nodeId, startedAtMs } = task.move;
  return slotTasks.findLast(
    (other) => other.nodeId === nodeId && other.meta.createdAtMs >= startedAtMs && endedByItself(other),
  );
}

/** The task that is to take over from a moving one; undefined = it is not made yet. */
export function heirOf(task: Task & { readonly move: TaskMove }, slotTasks: readonly Task[]): Task | undefined {
  return slotTasks.findLast((other) => other.id !== task.id && other.nodeId === task.move.nodeId);
}

export function tasksOfSlot(view: ReadView, service: Service, { slot }: Task): readonly Task[] {
  return slotsOf(service, view.tasksOfService(service.id)).find((each) => each.slot === slot)?.tasks ?? [];
}

/** The node that a moving task goes to. */
export const goalOf = ({ move }: Task & { readonly move: TaskMove }): NodeId => move.nodeId as NodeId;

/** Which tasks are moving, kept up to date commit by commit: few of them, among many that are not. */
export class MovingTasks {
  readonly #serviceOf = new Map<TaskId, ServiceId>();
  readonly #counts = new Map<ServiceId, number>();

  /**
   * Takes in everything, the tasks of a service with each step; between two steps others may write, and what they
   * change is to be noted.
   */
  *fill(view: () => ReadView): Generator<void> {
    for (const id of [...view().referred("task", "service")]) {
      for (const task of view().tasksOfService(id as ServiceId)) this.#take(task, isMoving(task));
      yield;
    }
  }

  /** Forgets everything and takes in what is there now. */
  rebuild(view: ReadView): void {
    this.#serviceOf.clear();
    this.#counts.clear();
    for (const _ of this.fill(() => view));
  }

  note(change: Change): void {
    if (change.kind === "task") this.#take(change.object, change.action !== "remove" && isMoving(change.object));
  }

  #take(task: Task, isOne: boolean): void {
    if (isOne === this.#serviceOf.has(task.id)) return;
    if (isOne) this.#add(task);
    else this.#remove(task);
  }

  get ids(): readonly TaskId[] {
    return [...this.#serviceOf.keys()];
  }

  /** Whether a task of the service is moving. */
  has(serviceId: ServiceId): boolean {
    return this.#counts.has(serviceId);
  }

  #add({ id, serviceId }: Task): void {
    this.#serviceOf.set(id, serviceId);
    this.#counts.set(serviceId, (this.#counts.get(serviceId) ?? 0) + 1);
  }

  #remove({ id, serviceId }: Task): void {
    this.#serviceOf.delete(id);
    const left = (this.#counts.get(serviceId) ?? 1) - 1;
    if (left === 0) this.#counts.delete(serviceId);
    else this.#counts.set(serviceId, left);
  }
}
