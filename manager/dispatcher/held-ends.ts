import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { TableFeed } from "./table-feed.ts";
import { endpointState } from "./table-lines.ts";

/**
 * A task that should end is kept from it so long at most: hosts take tables over in some 50 ms, and one that does not
 * must not keep others from stopping what they have.
 */
export const END_WAIT_MS_MAX = 2_000;
/** After an acknowledgement others follow, a host each: they are looked at together. */
export const ACKNOWLEDGE_GATHER_MS = 4;

export interface HeldEndsOptions {
  readonly clock: Clock;
  /** Tables that the task is in. */
  readonly feedsOf: (task: Task) => readonly TableFeed[];
  /** Every host of the network that is in session routes by this revision of its table, or a newer one. */
  readonly appliedEverywhere: (feed: TableFeed) => number;
  /** The ends of tasks of these nodes wait no longer. */
  readonly onReleased: (nodeIds: ReadonlySet<NodeId>) => void;
}

/** Revisions of tables. */
export type Marks = ReadonlyMap<TableFeed, number>;

interface End {
  readonly nodeId: NodeId;
  /** In which the task drains, and whatever takes its place is there. */
  readonly marks: Marks;
  isReleased: boolean;
  readonly limit: Disposable;
}

/**
 * The first of the two phases in which a task ends: it drains in the tables, and only when the hosts route by them, so
 * that nothing new is sent to it, its worker hears that it should stop. Tasks that got no traffic do not wait.
 *
 * It is held in the memory of one leader: the next holds it anew, and what a worker has begun goes on.
 */
export class HeldEnds implements Disposable {
  readonly #options: HeldEndsOptions;
  readonly #ends = new Map<TaskId, End>();
  #waiting = 0;
  #look: Disposable | null = null;

  constructor(options: HeldEndsOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#look?.[Symbol.dispose]();
    for (const { limit } of this.#ends.values()) limit[Symbol.dispose]();
  }

  /** The task as its worker should see it now. */
  shown(task: Task): Task {
    return this.#isHeld(task) ? { ...task, desiredState: "RUNNING" } : task;
  }

  /** `task` is over, or gone: nothing of it is to be remembered. */
  forget(taskId: TaskId): void {
    const end = this.#ends.get(taskId);
    if (end === undefined) return;
    end.limit[Symbol.dispose]();
    if (!end.isReleased) this.#waiting--;
    this.#ends.delete(taskId);
  }

  /** A worker has acknowledged, or its session is over. */
  onAcknowledged(): void {
    if (this.#waiting === 0 || this.#look !== null) return;
    this.#look = this.#options.clock.schedule(ACKNOWLEDGE_GATHER_MS, "dispatcher: look at held ends", () => {
      this.#look = null;
      this.#releaseAll();
    });
  }

  #isHeld(task: Task): boolean {
    if (!isEndingWithTraffic(task) || task.nodeId === "") return false;
    const known = this.#ends.get(task.id);
    if (known !== undefined) return !known.isReleased;
    const marks = new Map(this.#options.feedsOf(task).map((feed) => [feed, feed.revision]));
    const isReleased = isEverywhere(marks, this.#options.appliedEverywhere);
    const limit = this.#options.clock.schedule(END_WAIT_MS_MAX, "dispatcher: held end", () => this.#release([task.id]));
    this.#ends.set(task.id, { nodeId: task.nodeId, marks, isReleased, limit });
    if (isReleased) limit[Symbol.dispose]();
    else this.#waiting++;
    return !isReleased;
  }

  #releaseAll(): void {
    const known = new Map<TableFeed, number>();
    const applied = (feed: TableFeed): number => {
      const revision = known.get(feed) ?? this.#options.appliedEverywhere(feed);
      known.set(feed, revision);
      return revision;
    };
    const waiting = [...this.#ends].filter(([, end]) => !end.isReleased);
    this.#release(waiting.filter(([, { marks }]) => isEverywhere(marks, applied)).map(([taskId]) => taskId));
  }

  #release(taskIds: readonly TaskId[]): void {
    const nodeIds = new Set<NodeId>();
    for (const taskId of taskIds) {
      const end = this.#ends.get(taskId);
      if (end === undefined || end.isReleased) continue;
      end.isReleased = true;
      end.limit[Symbol.dispose]();
      this.#waiting--;
      nodeIds.add(end.nodeId);
    }
    if (nodeIds.size > 0) this.#options.onReleased(nodeIds);
  }
}

/** Whether all hosts in session route by these revisions, or newer ones. */
export function isEverywhere(marks: Marks, appliedEverywhere: (feed: TableFeed) => number): boolean {
  return [...marks].every(([feed, revision]) => appliedEverywhere(feed) >= revision);
}

/** It runs, so hosts may be sending to it, and it should not. */
export function isEndingWithTraffic(task: Task): boolean {
  return task.status.state === "RUNNING" && endpointState(task) === "DRAINING";
}
