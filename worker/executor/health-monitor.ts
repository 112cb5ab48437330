import { messageOf } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import { afterProbe, HEALTH_STARTING, type HealthPlan, probeDelayMs } from "./health.ts";

export interface HealthMonitorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs the check in the container once; resolves with whether it was well. */
  readonly probe: (taskId: TaskId, plan: HealthPlan, signal: AbortSignal) => Promise<boolean>;
  /** Called once, when a container has been unhealthy for too long. */
  readonly onUnhealthy: (taskId: TaskId) => Promise<void>;
}

/** How the first probes of a container went. */
export type HealthVerdict = "healthy" | "unhealthy" | "cancelled";

interface Watched {
  readonly controller: AbortController;
  readonly verdict: Promise<HealthVerdict>;
  readonly ended: Promise<void>;
}

/** Asks each running container with a health check how it is, again and again. */
export class HealthMonitor {
  readonly #ports: HealthMonitorPorts;
  readonly #watched = new Map<TaskId, Watched>();

  constructor(ports: HealthMonitorPorts) {
    this.#ports = ports;
  }

  /** Begins, unless it has begun. Resolves with the first verdict: well at last, or given up. */
  watch(taskId: TaskId, plan: HealthPlan): Promise<HealthVerdict> {
    const known = this.#watched.get(taskId);
    if (known !== undefined) return known.verdict;
    const controller = new AbortController();
    const { promise: verdict, resolve } = Promise.withResolvers<HealthVerdict>();
    const ended = this.#run(taskId, plan, controller.signal, resolve);
    this.#watched.set(taskId, { controller, verdict, ended });
    return verdict;
  }

  /** Stops asking; whoever waits for a verdict gets "cancelled". */
  forget(taskId: TaskId): void {
    this.#watched.get(taskId)?.controller.abort(new Error("no longer watched"));
    this.#watched.delete(taskId);
  }

  /** Stops asking at all; resolves when the last probe has ended. */
  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    for (const { controller } of all) controller.abort(new Error("closing"));
    this.#watched.clear();
    await Promise.all(all.map(({ ended }) => ended));
  }

  /** Never rejects. */
  async #run(
    taskId: TaskId,
    plan: HealthPlan,
    signal: AbortSignal,
    onVerdict: (verdict: HealthVerdict) => void,
  ): Promise<void> {
    const { clock, log, probe, onUnhealthy } = this.#ports;
    const startedAt = clock.now();
    let state = HEALTH_STARTING;
    try {
      for (;;) {
        const isWell = await probe(taskId, plan, signal);
        signal.throwIfAborted();
        state = afterProbe(state, isWell, plan, clock.now() - startedAt);
        if (state.status === "healthy") onVerdict("healthy");
        if (state.status === "unhealthy") {
          log.warn("container is unhealthy", { taskId, failures: state.failures });
          await onUnhealthy(taskId);
          onVerdict("unhealthy");
          return;
        }
        await sleep(clock, probeDelayMs(state, plan), "health probe", signal);
      }
    } catch (error) {
      if (!signal.aborted) log.error("the health check ended", { taskId, error: messageOf(error) });
    } finally {
      onVerdict("cancelled");
    }
  }
}
