import { SwarmError } from "../../../shared/errors.ts";
import { isFinal } from "../../../shared/objects/task-state.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { ServiceProgress, SlotProgress } from "../../../shared/rpc/gen/control.ts";
import type { ProgressView } from "./progress-view.ts";

/** After this many ended tasks in one slot, with none running, waiting longer would show nothing new. */
const ENDS_MAX = 3;

/** Follows one service through as many streams as it takes. What the leader judges is not judged again here. */
export class ServiceWaiter {
  readonly #view: ProgressView;
  readonly #clock: Clock;
  /** The spec that was asked for. */
  readonly #asked: number;
  readonly #isRun: boolean;
  readonly #isPatient: boolean;
  /** The spec that is waited for: the requested one, or a later one. */
  #generation: number;
  /** Ended tasks of that generation, by slot: the managers may keep fewer than are needed to give up. */
  readonly #ended = new Map<string, Set<string>>();
  /** Why the requested spec was withdrawn; null = it was not. */
  #rolledBack: string | null = null;
  #progress: ServiceProgress | null = null;
  #stableSinceMs: number | null = null;

  /**
   * @param asked.generation of the service as the command that waits has written it.
   * @param asked.isRun wait for the run under way even of a job that a schedule runs.
   * @param asked.isPatient a task that ends again and again is waited for until its policy allows no more.
   */
  constructor(
    view: ProgressView,
    clock: Clock,
    {
      generation,
      isRun = false,
      isPatient = false,
    }: { readonly generation: number; readonly isRun?: boolean; readonly isPatient?: boolean },
  ) {
    this.#view = view;
    this.#clock = clock;
    this.#isRun = isRun;
    this.#isPatient = isPatient;
    this.#asked = generation;
    this.#generation = generation;
  }

  /**
   * Resolves once the service has converged and stayed converged; rejects with what the stream rejects with. The caller
   * ends the stream afterwards.
   * @throws SwarmError failedPrecondition when it cannot converge, or when another spec than the requested one did.
   */
  async follow(messages: AsyncIterable<ServiceProgress>): Promise<void> {
    const iterator = messages[Symbol.asyncIterator]();
    let next = iterator.next();
    // It is awaited again later; a failure while we wait for the timer must not be unhandled.
    next.catch(() => {});
    try {
      for (;;) {
        using timer = this.#stableTimer();
        const event = await Promise.race([next, timer.fired]);
        if (event === "stable") {
          this.#finish("verify: Service converged");
          return;
        }
        if (event.done === true) return;
        next = iterator.next();
        next.catch(() => {});
        if (this.#look(event.value)) return;
      }
    } finally {
      // Not awaited: that would wait for a message that we no longer need. Whoever made the stream ends it.
      iterator.return?.()?.catch(() => {});
    }
  }

  /** @returns whether the wait is over. */
  #look(progress: ServiceProgress): boolean {
    if (progress.removed) {
      const name = this.#progress === null ? "" : ` ${this.#progress.name}`;
      throw new SwarmError("failedPrecondition", `the service${name} was removed in the meantime`);
    }
    // This comes from a manager that has not heard of our change yet, so it is out of date.
    if (progress.generation < this.#generation) return false;
    this.#takeGeneration(progress);
    this.#progress = progress;
    this.#view.show(progress);
    if (progress.nextRunMs > 0 && !this.#isRun) {
      this.#finish(`scheduled: the next run begins at ${new Date(progress.nextRunMs).toISOString()}`);
      return true;
    }
    throwIfPaused(progress);
    this.#throwIfHopeless(progress);
    if (!progress.converged) {
      if (this.#stableSinceMs !== null) this.#view.note("verify: Detected task failure");
      this.#stableSinceMs = null;
      return false;
    }
    if (progress.job) {
      this.#finish(jobEnd(progress));
      return true;
    }
    if (progress.updateStatus?.state === "CANARY") {
      this.#finish(canaryEnd(progress.name, progress.updateStatus.message));
      return true;
    }
    if (progress.wanted === 0 && !isUnderWay(progress)) {
      this.#finish(nothingToWaitFor(progress));
      return true;
    }
    if (this.#stableSinceMs === null) {
      this.#stableSinceMs = this.#clock.now();
      this.#view.note(`verify: Waiting ${progress.monitorMs / 1_000} seconds to verify that tasks are stable...`);
    }
    return false;
  }

  #takeGeneration({ generation, rolledBack, updateStatus }: ServiceProgress): void {
    if (generation > this.#generation) {
      // Whatever others want of the service now, what was requested here has failed.
      if (this.#rolledBack !== null) throw this.#undone(this.#rolledBack);
      this.#generation = generation;
      this.#ended.clear();
      this.#stableSinceMs = null;
      if (!rolledBack) this.#view.note("update: the service was changed again: waiting for its newest spec");
    }
    if (rolledBack && generation > this.#asked) this.#rolledBack ??= updateStatus?.message ?? "";
  }

  #throwIfHopeless(progress: ServiceProgress): void {
    for (const slot of progress.slots) {
      const { name, state, error, running, over } = slot;
      const count = this.#endsOf(slot);
      const why = error === "" ? "its command exits with code 0" : error;
      // While an update is under way the updater judges ended tasks, and reports on them in a moment.
      if (over && state !== "COMPLETE" && !isUnderWay(progress)) {
        throw notConverging(progress, `${name} failed: ${why}. Its restart policy allows no more attempts`);
      }
      // Before the last one is replaced or given up, nobody knows whether the swarm goes on.
      if (!over && !running && !isFinal(state) && count >= ENDS_MAX && !this.#isPatient) {
        const times = `${error === "" ? "ended" : "failed"} ${count} times`;
        throw notConverging(progress, `${name} ${times}: ${why}. The swarm keeps trying`);
      }
    }
  }

  #endsOf({ name, endedTasks }: SlotProgress): number {
    if (endedTasks.length === 0) return this.#ended.get(name)?.size ?? 0;
    const ended = this.#ended.get(name) ?? new Set();
    for (const id of endedTasks) ended.add(id);
    this.#ended.set(name, ended);
    return ended.size;
  }

  #finish(sentence: string): void {
    if (this.#rolledBack !== null) throw this.#undone(this.#rolledBack);
    this.#view.note(sentence);
  }

  #undone(why: string): SwarmError {
    return new SwarmError("failedPrecondition", `service ${this.#progress?.name} was not changed as asked: ${why}`);
  }

  #stableTimer(): Disposable & { readonly fired: Promise<"stable"> } {
    const sinceMs = this.#stableSinceMs;
    const progress = this.#progress;
    // The updater watches the last tasks, too, and may still find that they fail.
    if (sinceMs === null || progress === null || isUnderWay(progress)) {
      return { fired: new Promise(() => {}), [Symbol.dispose]: () => {} };
    }
    const { promise, resolve } = Promise.withResolvers<"stable">();
    const leftMs = Math.max(0, sinceMs + progress.monitorMs - this.#clock.now());
    const timer = this.#clock.schedule(leftMs, "service stable", () => resolve("stable"));
    return { fired: promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}

function isUnderWay({ updateStatus }: ServiceProgress): boolean {
  return updateStatus?.state === "UPDATING" || updateStatus?.state === "ROLLBACK_STARTED";
}

function throwIfPaused({ updateStatus }: ServiceProgress): void {
  if (updateStatus?.state === "PAUSED") {
    throw new SwarmError("failedPrecondition", `service update paused: ${updateStatus.message}`);
  }
  if (updateStatus?.state === "ROLLBACK_PAUSED") {
    throw new SwarmError("failedPrecondition", `service rollback paused: ${updateStatus.message}`);
  }
}

/** It has been watched for its monitor time; what comes next is up to people. */
function canaryEnd(name: string, message: string): string {
  return `${message} (swarmctl service promote ${name}, swarmctl service abort ${name})`;
}

/** What a job has done stays done: there is nothing to verify. */
function jobEnd(progress: ServiceProgress): string {
  return progress.wanted === 0 ? nothingToWaitFor(progress) : "job complete";
}

function nothingToWaitFor({ name, global, job }: ServiceProgress): string {
  return global
    ? `verify: No node is ready, active and meets the constraints of service ${name}: it runs nowhere until one does`
    : `verify: Service ${name} has 0 ${job ? "completions" : "replicas"}: there is nothing to wait for`;
}

function notConverging({ name, job }: ServiceProgress, what: string): SwarmError {
  const claim = job ? `job ${name} failed` : `service ${name} did not converge`;
  return new SwarmError("failedPrecondition", `${claim}: ${name}.${what}; see \`swarmctl service ps ${name}\``);
}
