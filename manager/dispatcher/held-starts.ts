import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { NetworkEndpoint } from "../../shared/rpc/gen/dispatcher.ts";
import { ACKNOWLEDGE_GATHER_MS } from "./held-ends.ts";

/** A task's own host makes its link in some 50 ms; one that does not must not keep a port from ever being answered. */
export const START_WAIT_MS_MAX = 2_000;

export interface HeldStartsOptions {
  readonly clock: Clock;
  /** The revision of the network's table that the node routes by; null = it is not in session. */
  readonly appliedBy: (nodeId: NodeId, networkId: string) => number | null;
  /** Lines of these tasks are to be made anew. */
  readonly onReleased: (taskIds: readonly TaskId[]) => void;
}

interface Start {
  readonly taskId: TaskId;
  readonly nodeId: NodeId;
  readonly networkId: string;
  /** The revision of the table in which the task was there first. */
  readonly mark: number;
  readonly limit: Disposable;
}

/**
 * A task that runs and comes to another network gets no traffic there before its own host has made its link: what came
 * to a port that is published for the first time would be refused there. A task that is only started needs no waiting,
 * since its host says that it runs.
 *
 * Held in the memory of one leader: for the next one the task is ready.
 */
export class HeldStarts implements Disposable {
  readonly #options: HeldStartsOptions;
  readonly #starts = new Map<string, Start>();
  #look: Disposable | null = null;

  constructor(options: HeldStartsOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#look?.[Symbol.dispose]();
    for (const { limit } of this.#starts.values()) limit[Symbol.dispose]();
    this.#starts.clear();
  }

  /**
   * The line as hosts should see it now. `isNew`: there was none so far, while all tables are known; `revision`: that
   * of the table before it.
   */
  shown(line: NetworkEndpoint, networkId: string, isNew: boolean, revision: number): NetworkEndpoint {
    const key = `${networkId} ${line.taskId}`;
    if (line.state !== "READY") return line;
    if (!this.#starts.has(key)) {
      if (!isNew) return line;
      const [taskId, nodeId] = [line.taskId as TaskId, line.nodeId as NodeId];
      // Nobody to wait for.
      if (this.#options.appliedBy(nodeId, networkId) === null) return line;
      const limit = this.#options.clock.schedule(START_WAIT_MS_MAX, "dispatcher: held start", () =>
        this.#release([key]),
      );
      this.#starts.set(key, { taskId, nodeId, networkId, mark: revision + 1, limit });
    }
    return { ...line, state: "PENDING" };
  }

  /** A worker has acknowledged, or its session is over. */
  onAcknowledged(): void {
    if (this.#starts.size === 0) return;
    this.#look ??= this.#options.clock.schedule(ACKNOWLEDGE_GATHER_MS, "dispatcher: look at held starts", () => {
      this.#look = null;
      this.#releaseAll();
    });
  }

  #releaseAll(): void {
    const over = [...this.#starts].filter(([, { nodeId, networkId, mark }]) => {
      const applied = this.#options.appliedBy(nodeId, networkId);
      return applied === null || applied >= mark;
    });
    if (over.length > 0) this.#release(over.map(([key]) => key));
  }

  #release(keys: readonly string[]): void {
    const taskIds: TaskId[] = [];
    for (const key of keys) {
      const start = this.#starts.get(key);
      if (start === undefined) continue;
      start.limit[Symbol.dispose]();
      this.#starts.delete(key);
      taskIds.push(start.taskId);
    }
    if (taskIds.length > 0) this.#options.onReleased(taskIds);
  }
}
