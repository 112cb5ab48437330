import { isDeepStrictEqual } from "node:util";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskExecutor } from "../ports/task-executor.ts";

/** Brings tasks onto networks they are given, and off those they are taken from, while they run. */
export class TaskNetworks {
  readonly #executor: Pick<TaskExecutor, "reconnect">;
  /** What each task's networks were last made to match. */
  readonly #done = new Map<TaskId, Task["networks"]>();

  constructor(executor: Pick<TaskExecutor, "reconnect">) {
    this.#executor = executor;
  }

  /**
   * Resolves when every task's networks are as its assignment says; what fails for one task does not hold up others.
   * To be called with every set, the first one too: an earlier daemon may have died in the middle of a change.
   * @throws SwarmError unavailable when something failed, to be tried again.
   */
  async follow(tasks: ReadonlyMap<TaskId, Task>): Promise<void> {
    for (const taskId of this.#done.keys()) if (!tasks.has(taskId)) this.#done.delete(taskId);
    const changed = [...tasks.values()].filter((task) => !isFinal(task.status.state) && !this.#isDone(task));
    const outcomes = await Promise.allSettled(changed.map((task) => this.#bring(task)));
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    const [first] = failed;
    if (first !== undefined)
      throw new SwarmError("unavailable", `${failed.length} of ${changed.length} tasks: ${messageOf(first.reason)}`);
  }

  #isDone({ id, networks }: Task): boolean {
    const done = this.#done.get(id);
    // Most messages do not speak of most tasks.
    return done === networks || (done !== undefined && isDeepStrictEqual(done, networks));
  }

  async #bring(task: Task): Promise<void> {
    await this.#executor.reconnect(task);
    this.#done.set(task.id, task.networks);
  }
}
