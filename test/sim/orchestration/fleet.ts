import type { Store } from "../../../manager/store/store-types.ts";
import type { NodeId, TaskId } from "../../../shared/ids.ts";
import { isBefore, isFinal } from "../../../shared/objects/task-state.ts";
import type { Task } from "../../../shared/objects/types.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { TaskState } from "../../../shared/rpc/gen/objects.ts";

/** Chances out of 1000. */
export interface Trouble {
  /** A task cannot be prepared. */
  readonly rejected: number;
  /** A task that runs ends by itself within ten seconds. */
  readonly crashes: number;
}

/** The workers of all nodes: they move their tasks on, a state at a time, unless their host is off. */
export class Fleet {
  trouble: Trouble = { rejected: 0, crashes: 0 };
  /** A job's task is at work for so long at most. */
  workMsMax = 8_000;
  readonly off = new Set<NodeId>();
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #busy = new Set<TaskId>();

  constructor(store: Store, clock: Clock, random: Random) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    store.subscribe(({ changes }) => {
      for (const { kind, object } of changes) {
        if (kind === "task") this.#look(object);
        else if (kind === "node") this.wake(object.id);
      }
    });
  }

  /** The host is (again) there: everything on it is looked at. */
  wake(nodeId: NodeId): void {
    for (const task of this.#store.view().tasksOfNode(nodeId)) this.#look(task);
  }

  #look(task: Task): void {
    if (this.#busy.has(task.id) || this.off.has(task.nodeId as NodeId) || this.#next(task) === null) return;
    this.#after(task.id, 1 + this.#random.below(isBefore("RUNNING", task.desiredState) ? 2000 : 40), () => {
      const now = this.#store.view().get("task", task.id);
      const next = now === undefined ? null : this.#next(now);
      if (now !== undefined && next !== null) this.#report(now, next);
    });
  }

  #next(task: Task): TaskState | null {
    const { state } = task.status;
    if (isBefore(state, "ASSIGNED") || isFinal(state)) return null;
    if (!isBefore(task.desiredState, "SHUTDOWN")) return "SHUTDOWN";
    switch (state) {
      case "ASSIGNED":
        return "ACCEPTED";
      case "ACCEPTED":
        return "PREPARING";
      case "PREPARING":
        return this.#happens(this.trouble.rejected) ? "REJECTED" : "READY";
      case "READY":
        return isBefore("READY", task.desiredState) ? "STARTING" : null;
      case "STARTING":
        return "RUNNING";
      default:
        return null;
    }
  }

  #report(task: Task, state: TaskState): void {
    const timestampMs = this.#clock.wallNow();
    this.#store
      .update("worker report", (tx) => {
        const now = tx.get("task", task.id);
        if (now === undefined || !isBefore(now.status.state, state)) return;
        const status = { ...now.status, state, message: "", err: "", timestampMs, appliedAtMs: timestampMs };
        tx.update("task", { ...now, status });
      })
      .then(
        () => {
          if (state !== "RUNNING") return;
          if (task.jobIteration !== undefined) this.#workOff(task.id);
          else if (this.#happens(this.trouble.crashes)) this.#crashLater(task);
        },
        // The leader changed: the worker reports again.
        () => this.#after(task.id, 100, () => this.#report(task, state)),
      );
  }

  #crashLater(task: Task): void {
    this.#clock.schedule(this.#random.below(10_000), "crash", () => {
      const now = this.#store.view().get("task", task.id);
      const isThere = now?.status.state === "RUNNING" && !this.off.has(now.nodeId as NodeId);
      if (now !== undefined && isThere) this.#report(now, this.#happens(300) ? "COMPLETE" : "FAILED");
    });
  }

  /** A host that is off does no work; it begins again when the host is back. */
  #workOff(taskId: TaskId): void {
    this.#clock.schedule(1 + this.#random.below(this.workMsMax), "work", () => {
      const now = this.#store.view().get("task", taskId);
      if (now?.status.state !== "RUNNING") return;
      if (this.off.has(now.nodeId as NodeId)) this.#workOff(taskId);
      else this.#report(now, this.#happens(this.trouble.crashes) ? "FAILED" : "COMPLETE");
    });
  }

  #after(taskId: TaskId, delayMs: number, action: () => void): void {
    this.#busy.add(taskId);
    this.#clock.schedule(delayMs, "worker", () => {
      this.#busy.delete(taskId);
      action();
      const now = this.#store.view().get("task", taskId);
      if (now !== undefined) this.#look(now);
    });
  }

  #happens(chance: number): boolean {
    return this.#random.below(1000) < chance;
  }
}
