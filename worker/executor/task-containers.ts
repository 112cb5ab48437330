import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { isTaskKey } from "../../shared/objects/container-id.ts";
import type { Content } from "../../shared/objects/file-reference.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { ListenersInside } from "../ports/listeners-inside.ts";
import type { ContainerFact, LogEntry, LogNotices, LogQuery, TaskExecutor } from "../ports/task-executor.ts";
import type { ContainerExecutor } from "./container-executor.ts";
import type { ExitedFact, RunningFact } from "./container-facts.ts";
import { calledPorts, untilListening } from "./listening.ts";
import { containerOfTask } from "./wanted-container.ts";

export type NoteOfTask = (taskId: TaskId, action: string, attributes?: Readonly<Record<string, string>>) => void;

/** How it is found out whether somebody listens in a container. */
export interface ListeningLooks {
  readonly clock: Clock;
  readonly inside: ListenersInside;
}

/** The containers of tasks: one of the sources of what runs on a host. It sees nothing of the other one. */
export class TaskContainers implements TaskExecutor {
  readonly #containers: ContainerExecutor;
  readonly #note: NoteOfTask;
  readonly #listening: ListeningLooks | null;

  /**
   * `note` hears what happens to the container of a task, in Docker's words; `listening` null = a task is ready as soon
   * as its process runs.
   */
  constructor(containers: ContainerExecutor, note: NoteOfTask = () => {}, listening: ListeningLooks | null = null) {
    this.#containers = containers;
    this.#note = note;
    this.#listening = listening;
  }

  async prepare(
    task: Task,
    signal: AbortSignal,
    onProgress: (message: string) => void,
    contents: ReadonlyMap<string, Content> = new Map(),
  ): Promise<void> {
    const isNew = this.#containers.record(task.id) === null;
    await this.#containers.prepare(containerOfTask(task), signal, onProgress, contents);
    if (isNew) this.#note(task.id, "create");
  }

  async start(
    task: Task,
    signal: AbortSignal,
    onProgress?: (message: string) => void,
  ): Promise<RunningFact | ExitedFact> {
    const fact = await this.#containers.start(task.id, signal, onProgress);
    this.#note(task.id, "start");
    return fact.kind === "exited" ? fact : await this.#untilListening(task, fact, signal, onProgress);
  }

  /** Its clients come as soon as it is said to run. Where its health is checked, that has been waited for already. */
  async #untilListening(
    task: Task,
    fact: RunningFact,
    signal: AbortSignal,
    onProgress: (message: string) => void = () => {},
  ): Promise<RunningFact | ExitedFact> {
    const record = this.#containers.record(task.id);
    if (this.#listening === null || record === null || record.health !== null) return fact;
    const called = calledPorts(task, record.exposedPorts);
    if (called.ports.length === 0) return fact;
    const { clock, inside } = this.#listening;
    const over = new AbortController();
    const exit = this.#containers.wait(task.id, AbortSignal.any([signal, over.signal]));
    const parts = { clock, look: () => inside(`/proc/${fact.pid}/ns/net`), onProgress };
    try {
      const listening = untilListening(called, parts, AbortSignal.any([signal, over.signal])).then(() => fact);
      listening.catch(() => {});
      return await Promise.race([listening, exit]);
    } finally {
      // Waiting for its end is up to the next caller.
      exit.catch(() => {});
      over.abort(new SwarmError("cancelled", "it listens, or has ended"));
    }
  }

  async wait(taskId: TaskId, signal: AbortSignal): Promise<ExitedFact> {
    const fact = await this.#containers.wait(taskId, signal);
    this.#note(taskId, "die", { exitCode: String(fact.exitCode) });
    return fact;
  }

  async stop(task: Task, signal?: AbortSignal): Promise<void> {
    await this.#containers.stop(task.id, task.spec.container.stopGracePeriodMs, signal);
    this.#note(task.id, "stop");
  }

  async remove(taskId: TaskId): Promise<void> {
    const isThere = this.#containers.record(taskId) !== null;
    await this.#containers.remove(taskId);
    if (isThere) this.#note(taskId, "destroy");
  }

  async reconnect(task: Task): Promise<void> {
    await this.#containers.reconnect(containerOfTask(task));
  }

  async inspect(taskId: TaskId): Promise<ContainerFact> {
    return await this.#containers.inspect(taskId);
  }

  /** What people made for themselves is no business of a manager, and never swept. */
  async list(): Promise<readonly TaskId[]> {
    return (await this.#containers.list()).filter(isTaskKey);
  }

  hostPorts(taskId: TaskId): readonly PortConfig[] {
    return this.#containers.hostPorts(taskId);
  }

  logs(taskId: TaskId, query: LogQuery, signal: AbortSignal, notices?: LogNotices): AsyncIterable<LogEntry> {
    return this.#containers.logs(taskId, query, signal, notices);
  }
}
