import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { TaskUsage, UsageReport, UsageRequest } from "../../shared/rpc/gen/dispatcher.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";

/** What a task has used by now, of what runs. */
export interface TaskMeter {
  /** Nanoseconds of processor time since it began. */
  readonly cpuNs: number;
  readonly memoryBytes: number;
}

/** null = the task does not run here, or its host does not say. */
export type ReadMeter = (taskId: string) => Promise<TaskMeter | null>;

export interface UsageReporterOptions {
  readonly readMeter: ReadMeter;
  readonly clock: Clock;
  readonly log: Logger;
}

/** More often would cost more than it tells. */
export const USAGE_PERIOD_MS_MIN = 1_000;
const NANOS_PER_MILLI = 1_000_000;

/**
 * Measures the tasks that the leader asks for, and tells what they use, until it asks for others or for none. A host
 * whose tasks nobody scales by their use measures nothing.
 */
export class UsageReporter {
  readonly #options: UsageReporterOptions;
  #over = new AbortController();
  #lookedAtMs: InstantMs | null = null;
  /** Outlasts a change of what is asked for: a task that was measured before needs no second first look. */
  #before: ReadonlyMap<string, TaskMeter & { readonly atMs: InstantMs }> = new Map();

  constructor(options: UsageReporterOptions) {
    this.#options = options;
  }

  /** Takes the place of what was asked before. `signal` ends with the session. */
  begin(request: UsageRequest, report: (what: Sendable<UsageReport>) => void, signal: AbortSignal): void {
    this.#over.abort(new SwarmError("cancelled", "other tasks are measured now"));
    this.#over = new AbortController();
    if (request.taskIds.length === 0) return;
    const both = AbortSignal.any([signal, this.#over.signal]);
    this.#measure(request, report, both).catch((error: unknown) => {
      if (!both.aborted) this.#options.log.warn("tasks could not be measured", { error: messageOf(error) });
    });
  }

  async #measure(
    { taskIds, periodMs }: UsageRequest,
    report: (what: Sendable<UsageReport>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { readMeter, clock } = this.#options;
    const everyMs = Math.max(USAGE_PERIOD_MS_MIN, periodMs);
    for (;;) {
      // Also after another request: over a few milliseconds a speed is noise.
      const restMs = this.#lookedAtMs === null ? 0 : this.#lookedAtMs + everyMs - clock.now();
      if (restMs > 0) await sleep(clock, restMs, "agent: measure tasks", signal);
      this.#lookedAtMs = clock.now();
      const now = new Map<string, TaskMeter & { readonly atMs: InstantMs }>();
      const tasks: TaskUsage[] = [];
      for (const taskId of taskIds) {
        const meter = await readMeter(taskId).catch(() => null);
        if (meter === null) continue;
        const atMs = clock.now();
        now.set(taskId, { ...meter, atMs });
        const last = this.#before.get(taskId);
        // A speed takes two looks. A meter that went back belongs to another container.
        if (last === undefined || atMs <= last.atMs || meter.cpuNs < last.cpuNs) continue;
        const nanoCpus = Math.round(((meter.cpuNs - last.cpuNs) / ((atMs - last.atMs) * NANOS_PER_MILLI)) * 1e9);
        tasks.push({ taskId, nanoCpus, memoryBytes: meter.memoryBytes });
      }
      signal.throwIfAborted();
      report({ tasks });
      this.#before = now;
    }
  }
}
