import { backoffMs } from "../../shared/backoff.ts";
import { Bell } from "../../shared/bell.ts";
import { isRetryable, messageOf } from "../../shared/errors.ts";
import { InvariantError, unreachable } from "../../shared/invariant.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import type { Contents } from "../../shared/objects/file-reference.ts";
import { cutStatus } from "../../shared/objects/status-text.ts";
import { isBefore, isFinal } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { TaskStatus } from "../../shared/rpc/gen/objects.ts";
import type { Semaphore } from "../../shared/semaphore.ts";
import { isByShortage } from "../../shared/shortage.ts";
import type { TaskExecutor } from "../ports/task-executor.ts";
import {
  afterFact,
  afterFatalError,
  afterPassingFault,
  afterPrepare,
  afterStop,
  becomeState,
  mustStop,
  nextStep,
  type Step,
  type TaskKnowledge,
} from "./task-step.ts";

/** Delays between tries of a step after a temporary fault (a registry that does not answer). */
export const TASK_RETRY = { baseMs: 500, maxMs: 10_000 } as const;
/** After this many tries in a row, about half a minute, the task fails, so that a manager can try another host. */
export const TASK_TRIES_MAX = 6;
/** Progress of a pull is reported to managers at most this often: each report is a Raft entry. */
export const PROGRESS_EVERY_MS = 1_000;

export interface TaskRunnerOptions {
  readonly executor: TaskExecutor;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Preparation takes disk and network, so not all tasks of a host do it at once. */
  readonly preparing: Semaphore;
  /** Secrets and configs for the task's files; waits until a manager has been heard. @throws SwarmError */
  readonly contentsOf: (task: Task, signal: AbortSignal) => Promise<Contents>;
  /** Called at each change of status; resolves when it is stored on this host. */
  readonly onStatus: (task: Task, status: TaskStatus) => Promise<void>;
}

/** Drives one task: asks what is next, does it, records the result; one step at a time. */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #bell = new Bell();
  #knowledge: TaskKnowledge;
  #interrupt = new AbortController();
  #triesFailed = 0;
  #progressAtMs: InstantMs = Number.NEGATIVE_INFINITY;

  /** `task.status` is where it continues from: our own if it was stored, otherwise the manager's. */
  constructor(task: Task, options: TaskRunnerOptions) {
    this.#options = options;
    this.#knowledge = { task, status: task.status, fact: null, isRemoved: false, isCutOff: false, isStopped: false };
  }

  /** As last assigned. */
  get task(): Task {
    return this.#knowledge.task;
  }

  /** Its status as known here. */
  get status(): TaskStatus {
    return this.#knowledge.status;
  }

  /** The task with our own status: what the local database keeps. */
  get record(): Task {
    return { ...this.#knowledge.task, status: this.#knowledge.status };
  }

  /** A manager said something new about it. */
  onAssigned(task: Task): void {
    this.#knowledge = { ...this.#knowledge, task };
    this.#look();
  }

  /** It is no longer assigned to this host. */
  onRemoved(): void {
    this.#knowledge = { ...this.#knowledge, isRemoved: true };
    this.#look();
  }

  /** No leader has been heard for so long: too long for some tasks. */
  onSilence(silentMs: number): void {
    const { task, status, isCutOff } = this.#knowledge;
    const { stopAfterMs } = this;
    if (stopAfterMs === null || silentMs < stopAfterMs || isCutOff || isFinal(status.state)) return;
    this.#options.log.warn("task stopped: no leader was heard", { taskId: task.id, silentMs, stopAfterMs });
    this.#knowledge = { ...this.#knowledge, isCutOff: true };
    this.#look();
  }

  /** How long it may run while no leader is heard; null = for good. */
  get stopAfterMs(): number | null {
    return this.#knowledge.task.spec.loss?.stopAfterMs || null;
  }

  /** Resolves when the task has been removed from this host, or the signal aborts. */
  async run(signal: AbortSignal): Promise<"removed" | "stopped"> {
    while (!signal.aborted) {
      const step = nextStep(this.#knowledge);
      this.#interrupt = new AbortController();
      const stepSignal = AbortSignal.any([signal, this.#interrupt.signal]);
      try {
        await this.#take(step, stepSignal, signal);
        this.#triesFailed = 0;
        if (step.kind === "remove") return "removed";
      } catch (error) {
        if (error instanceof InvariantError) throw error;
        // Interrupted: what is known has changed, and so perhaps the next step.
        if (!stepSignal.aborted) await this.#onError(step, error, signal);
      }
    }
    return "stopped";
  }

  async #take(step: Step, stepSignal: AbortSignal, signal: AbortSignal): Promise<void> {
    const { executor } = this.#options;
    const { task, status } = this.#knowledge;
    switch (step.kind) {
      case "hold":
        return await this.#bell.next(signal);
      case "become":
        return await this.#become(becomeState(status, step.state, step.message, this.#wallMs()));
      case "inspect":
        return await this.#onFact(await executor.inspect(task.id));
      case "prepare":
        return await this.#prepare(task, stepSignal);
      case "start":
        return await this.#onFact(await executor.start(task, stepSignal, (message) => this.#onProgress(message)));
      case "wait":
        return await this.#onFact(await executor.wait(task.id, stepSignal));
      case "stop":
        return await this.#stop(task, signal);
      case "remove":
        return await executor.remove(task.id);
      default:
        return unreachable(step);
    }
  }

  async #prepare(task: Task, signal: AbortSignal): Promise<void> {
    const { executor, preparing, contentsOf } = this.#options;
    // First, since it may have to wait for a manager.
    const contents = await contentsOf(task, signal);
    using _place = await preparing.take(signal);
    await executor.prepare(task, signal, (message) => this.#onProgress(message), contents);
    await this.#become(afterPrepare(this.status, executor.hostPorts(task.id), this.#wallMs()));
  }

  async #stop(task: Task, signal: AbortSignal): Promise<void> {
    await this.#options.executor.stop(task, signal);
    const fact = await this.#options.executor.inspect(task.id);
    this.#knowledge = { ...this.#knowledge, fact, isStopped: true };
    const isOwn = this.#knowledge.isCutOff && !mustStop(this.#knowledge.task);
    const why = isOwn ? `stopped by its host: no leader was heard for ${(this.stopAfterMs ?? 0) / 1000} s` : undefined;
    await this.#become(afterStop(this.status, fact, this.#wallMs(), why));
  }

  async #onFact(fact: Awaited<ReturnType<TaskExecutor["inspect"]>>): Promise<void> {
    this.#knowledge = { ...this.#knowledge, fact };
    const hostPorts = this.#options.executor.hostPorts(this.#knowledge.task.id);
    await this.#become(afterFact(this.status, fact, hostPorts, this.#wallMs()));
  }

  async #onError(step: Step, error: unknown, signal: AbortSignal): Promise<void> {
    this.#triesFailed++;
    const { clock, random, log } = this.#options;
    const sentence = messageOf(error);
    const taskId = this.#knowledge.task.id;
    const mayGiveUp = mayEndTask(step);
    // Why a task cannot run is shown on the task; what cannot be inspected or ended needs somebody to look at this
    // host.
    const level = mayGiveUp ? "debug" : levelOfFailure(this.#triesFailed, TASK_TRIES_MAX);
    log[level]("task step failed", { taskId, step: step.kind, tries: this.#triesFailed, error: sentence });
    const mayPass = isRetryable(error) || isByShortage(error);
    if (mayGiveUp && (!mayPass || this.#triesFailed >= TASK_TRIES_MAX)) {
      this.#triesFailed = 0;
      await this.#giveUp(sentence, signal);
      return;
    }
    const retryMs = backoffMs(this.#triesFailed - 1, TASK_RETRY, random);
    if (!this.#knowledge.isRemoved && !isLook(step)) {
      await this.#become(afterPassingFault(this.status, sentence, retryMs, this.#wallMs()));
    }
    await sleep(clock, retryMs, "task: retry", AbortSignal.any([signal, this.#interrupt.signal])).catch(() => {});
  }

  // A task that is over must not leave behind a running container that is no longer counted.
  async #giveUp(sentence: string, signal: AbortSignal): Promise<void> {
    const { task, status } = this.#knowledge;
    if (!isBefore(status.state, "STARTING")) {
      await this.#options.executor.stop(task, signal).catch((error: unknown) => {
        this.#options.log.error("failed task not stopped", { taskId: task.id, error: messageOf(error) });
      });
    }
    await this.#become(afterFatalError(status, sentence, this.#wallMs()));
  }

  #onProgress(message: string): void {
    const nowMs = this.#options.clock.now();
    const { state } = this.status;
    if ((state !== "PREPARING" && state !== "STARTING") || this.status.message === message) return;
    // Of a pull each byte is progress; a step is news however soon it follows the one before.
    if (state === "PREPARING" && nowMs - this.#progressAtMs < PROGRESS_EVERY_MS) return;
    this.#progressAtMs = nowMs;
    // Nothing waits for it; if it cannot be stored, the next change of state will show that.
    this.#become(becomeState(this.status, state, message, this.#wallMs())).catch((error: unknown) => {
      this.#options.log.warn("progress not stored", { error: messageOf(error) });
    });
  }

  async #become(whole: TaskStatus): Promise<void> {
    // Cut here rather than when it is sent, because what this host remembers is compared with what the leader knows.
    const status = cutStatus(whole);
    if (status === this.#knowledge.status) return;
    this.#knowledge = { ...this.#knowledge, status };
    await this.#options.onStatus(this.record, status);
  }

  // Once the task has to go, everything else that is being done for it is in vain, except stopping it.
  #look(): void {
    const { task, isRemoved, isStopped, isCutOff } = this.#knowledge;
    if ((isRemoved || isCutOff || mustStop(task)) && !isStopped) this.#interrupt.abort(new Error("the task has to go"));
    this.#bell.ring();
  }

  #wallMs(): number {
    return this.#options.clock.wallNow();
  }
}

/** Steps that only watch a container that runs as it should. */
function isLook({ kind }: Step): boolean {
  return kind === "inspect" || kind === "wait";
}

/**
 * Whether a step that fails again and again ends its task. What must be removed has to be removed, however long it
 * takes; and if a container cannot be inspected because the host has no free file or process, that is no reason to stop
 * it.
 */
function mayEndTask(step: Step): boolean {
  return step.kind !== "stop" && step.kind !== "remove" && !isLook(step);
}
