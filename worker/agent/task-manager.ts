import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { LEAVE_GRACE_MS_MAX, LEAVE_KILL_MS_MAX } from "../../shared/leave-limits.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Contents, referencesTo } from "../../shared/objects/file-reference.ts";
import { taskName } from "../../shared/objects/task-name.ts";
import type { Task } from "../../shared/objects/types.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { TaskStatus } from "../../shared/rpc/gen/objects.ts";
import type { Scope } from "../../shared/scope.ts";
import { Semaphore } from "../../shared/semaphore.ts";
import { STOP_GRACE_MS } from "../../shared/service-spec/defaults.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";
import type { AgentChange, AgentDatabase } from "../ports/agent-database.ts";
import type { TaskExecutor } from "../ports/task-executor.ts";
import { removeByForce } from "./remove-by-force.ts";
import { isNews } from "./status-queue.ts";
import { TaskRunner } from "./task-runner.ts";

/** Tasks prepared at once: a pull saturates the link and unpacking the disk, so more would not finish sooner. */
export const PREPARE_AT_ONCE_MAX = 8;
/** Delay before another attempt to remove what does not belong to our tasks, if one failed. */
export const SWEEP_RETRY_MS = 5_000;
export const SWEEP_TRIES_MAX = 5;
/**
 * Interval between searches for what no task owns: it uses space and ports, but nothing waits for it. A search lists
 * six directories and the control groups.
 */
export const SWEEP_EVERY_MS = 60_000;

export interface TaskManagerOptions {
  readonly executor: TaskExecutor;
  readonly database: AgentDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A status to report to the managers. */
  readonly report: (taskId: TaskId, status: TaskStatus) => void;
}

/** All tasks of this host, each driven by its own runner. */
export class TaskManager {
  readonly #options: TaskManagerOptions;
  readonly #scope: Scope;
  readonly #runners = new Map<TaskId, TaskRunner>();
  readonly #ended = new Map<TaskId, PromiseWithResolvers<void>>();
  readonly #preparing = new Semaphore(PREPARE_AT_ONCE_MAX);
  /** The newest set of assignments. */
  #wanted: ReadonlyMap<TaskId, Task> = new Map();
  /** Only in memory: running tasks keep their files, tasks that are to start wait for a manager. */
  #contents: Contents = new Map();
  /** Resolves once a manager has said anything. */
  readonly #told = Promise.withResolvers<void>();
  #isSweeping = false;
  /** Consecutive sweeps that left something. */
  #sweepsFailed = 0;
  /** Consecutive writes that failed. */
  #writesFailed = 0;
  #isLeaving = false;

  /** Runners end with the scope; their containers do not. */
  constructor(options: TaskManagerOptions, scope: Scope) {
    this.#options = options;
    this.#scope = scope;
  }

  get taskIds(): readonly TaskId[] {
    return [...this.#runners.keys()];
  }

  /** Each with its status as known here. */
  records(): readonly Task[] {
    return [...this.#runners.values()].map(({ record }) => record);
  }

  runningCount(): number {
    return [...this.#runners.values()].filter(({ status }) => status.state === "RUNNING").length;
  }

  /** Whether some task may not run for good while no leader is heard. */
  get hasTimed(): boolean {
    for (const { stopAfterMs } of this.#runners.values()) if (stopAfterMs !== null) return true;
    return false;
  }

  /** No leader has been heard for so long. */
  onSilence(silentMs: number): void {
    for (const runner of this.#runners.values()) runner.onSilence(silentMs);
  }

  /** Continues with tasks that an earlier daemon left. They are inspected, not restarted. */
  adopt(tasks: readonly Task[]): void {
    for (const task of tasks) this.#run(task);
  }

  /**
   * Takes over a set of assignments: new tasks are started, changed ones updated, missing ones removed. Reports what
   * the managers, according to the set, do not know yet. Resolves when the set is stored on this host.
   */
  async takeOver(tasks: ReadonlyMap<TaskId, Task>, contents: Contents): Promise<void> {
    if (this.#isLeaving) return;
    this.#wanted = tasks;
    this.#contents = contents;
    this.#told.resolve();
    const putTasks: Task[] = [];
    for (const task of tasks.values()) {
      const runner = this.#runners.get(task.id);
      // The same object as before: this message did not mention it.
      if (runner?.task === task) continue;
      runner?.onAssigned(task);
      const current = runner ?? this.#run(task);
      putTasks.push(current.record);
      if (isNews(current.status, task.status)) this.#options.report(task.id, current.status);
    }
    for (const [taskId, runner] of this.#runners) if (!tasks.has(taskId)) runner.onRemoved();
    await this.#store({ putTasks });
    this.#maybeSweep();
  }

  /** Stops and removes every task; resolves when none is left on this host. */
  async removeAll(): Promise<void> {
    this.#isLeaving = true;
    const gone = [...this.#ended.values()].map(({ promise }) => promise);
    for (const runner of this.#runners.values()) runner.onRemoved();
    await Promise.all(gone);
    await this.#sweep(this.#scope.signal);
  }

  /** How long `removeAll` may take: the longest grace period of a task of this host, and a while for the rest. */
  get leaveMsMax(): number {
    const graces = [...this.#runners.values()].map(
      ({ task }) => task.spec.container.stopGracePeriodMs ?? STOP_GRACE_MS,
    );
    return Math.min(Math.max(0, ...graces), LEAVE_GRACE_MS_MAX) + LEAVE_KILL_MS_MAX;
  }

  /** One last try at whatever is on this host; resolves with the names of what is still there, within its limit. */
  removeByForce(): Promise<readonly string[]> {
    const nameOf = (taskId: TaskId): string => {
      const task = this.#runners.get(taskId)?.task;
      return task === undefined ? `task ${taskId}` : taskName(task);
    };
    return removeByForce(nameOf, this.#options);
  }

  /** Stops every container without telling the managers, as when a host shuts down. */
  async stopContainers(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => this.#options.executor.stop(runner.record)));
  }

  #run(task: Task): TaskRunner {
    const { report } = this.#options;
    const runner = new TaskRunner(task, {
      ...this.#options,
      preparing: this.#preparing,
      contentsOf: (one, signal) => this.#contentsOf(one, signal),
      onStatus: async (record, status) => {
        await this.#store({ putTasks: [record] });
        report(record.id, status);
      },
    });
    const ended = Promise.withResolvers<void>();
    this.#runners.set(task.id, runner);
    this.#ended.set(task.id, ended);
    this.#scope.spawn(`task ${task.id}`, async (signal) => {
      if ((await runner.run(signal)) === "stopped") return;
      await this.#store({ removeTaskIds: [task.id] });
      this.#runners.delete(task.id);
      this.#ended.delete(task.id);
      ended.resolve();
      await this.#maybeKeep(runner);
    });
    return runner;
  }

  // Dropped and put back while it was being removed: it is over here, which managers have been told, and it stays in
  // our books until they drop it again.
  async #maybeKeep({ record }: TaskRunner): Promise<void> {
    const task = this.#wanted.get(record.id);
    if (task === undefined || this.#isLeaving) return;
    const kept = { ...task, status: record.status };
    this.#run(kept);
    await this.#store({ putTasks: [kept] });
  }

  /** @throws SwarmError failedPrecondition when the managers do not provide what the task uses. */
  async #contentsOf(task: Task, signal: AbortSignal): Promise<Contents> {
    const references = referencesTo(task.spec.container);
    if (references.length > 0) await unlessAborted(this.#told.promise, signal);
    for (const [kind, { sourceId, sourceName }] of references) {
      if (this.#contents.has(sourceId)) continue;
      throw new SwarmError("failedPrecondition", `${kind} ${sourceName} is no longer there`);
    }
    return this.#contents;
  }

  // A host whose disk is full goes on and reports to the managers all the same; its next daemon will inspect the
  // containers.
  async #store(change: AgentChange): Promise<void> {
    try {
      await this.#options.database.write(change);
      this.#writesFailed = 0;
    } catch (error) {
      const failures = ++this.#writesFailed;
      const level = levelOfFailure(failures);
      this.#options.log[level]("task not stored on this host", { error: messageOf(error), failures });
    }
  }

  // Only a full set from a manager shows what is not ours; before that, an unknown container may be one whose record
  // was lost. From then on it is repeated, because there is no record of what an interrupted step of ours left behind.
  #maybeSweep(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#scope.spawn("sweep unknown tasks", async (signal) => {
      while (!signal.aborted) {
        await this.#sweep(signal);
        await sleep(this.#options.clock, SWEEP_EVERY_MS, "agent: next sweep", signal).catch(() => {});
      }
    });
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { executor, clock, log } = this.#options;
    for (let attempt = 1; attempt <= SWEEP_TRIES_MAX && !signal.aborted; attempt++) {
      let failures = 0;
      const isLast = attempt === SWEEP_TRIES_MAX;
      const level = isLast ? levelOfFailure(this.#sweepsFailed + 1) : "debug";
      const found = await executor.list().catch((error: unknown) => {
        // A host that runs out of files for a moment must not lose its worker over this.
        failures++;
        log[level]("tasks on this host not listed", { error: messageOf(error) });
        return [];
      });
      for (const taskId of found) {
        if (this.#runners.has(taskId)) continue;
        log.info("removing what an unknown task left", { taskId });
        await executor.remove(taskId).catch((error: unknown) => {
          failures++;
          log[level]("unknown task not removed", { taskId, error: messageOf(error) });
        });
      }
      if (failures === 0) {
        this.#sweepsFailed = 0;
        return;
      }
      if (isLast) this.#sweepsFailed++;
      await sleep(clock, SWEEP_RETRY_MS, "agent: sweep again", signal).catch(() => {});
    }
  }
}
