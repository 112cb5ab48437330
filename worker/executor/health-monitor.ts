import { messageOf } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import { afterProbe, HEALTH_STARTING, type HealthPlan, probeDelayMs } from "./health.ts";

export interface HealthMonitorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs the check in the container once; resolves with null when it is healthy, otherwise with the reason. */
  readonly probe: (taskId: TaskId, plan: HealthPlan, signal: AbortSignal) => Promise<string | null>;
  /** Ends a container that has been unhealthy for too long; called again after the next probe when it could not. */
  readonly onUnhealthy: (taskId: TaskId, signal: AbortSignal) => Promise<void>;
}

/** The verdict of the first probes of a container. */
export type HealthVerdict = "healthy" | "unhealthy" | "cancelled";

interface Watched {
  readonly controller: AbortController;
  readonly verdict: Promise<HealthVerdict>;
  readonly ended: Promise<void>;
}

/** Runs the health check of each running container that has one, again and again. */
export class HealthMonitor {
  readonly #ports: HealthMonitorPorts;
  readonly #watched = new Map<TaskId, Watched>();

  constructor(ports: HealthMonitorPorts) {
    this.#ports = ports;
  }

  /**
   * Begins, unless it has already begun. Resolves with the first verdict: healthy, or given up. `wasGivenUp`: an
   * earlier daemon found it unhealthy and did not see its end.
   */
  watch(taskId: TaskId, plan: HealthPlan, wasGivenUp = false): Promise<HealthVerdict> {
    const known = this.#watched.get(taskId);
    if (known !== undefined) return known.verdict;
    const controller = new AbortController();
    const { promise: verdict, resolve } = Promise.withResolvers<HealthVerdict>();
    const ended = this.#run(taskId, plan, wasGivenUp, controller.signal, resolve);
    this.#watched.set(taskId, { controller, verdict, ended });
    return verdict;
  }

  /** Stops checking; whoever is waiting for a verdict gets "cancelled". */
  forget(taskId: TaskId): void {
    this.#watched.get(taskId)?.controller.abort(new Error("no longer watched"));
    this.#watched.delete(taskId);
  }

  /** Stops checking any container; resolves when the last probe has ended. */
  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    for (const { controller } of all) controller.abort(new Error("closing"));
    this.#watched.clear();
    await Promise.all(all.map(({ ended }) => ended));
  }

  /** Whether the container was given up; what could not be done now is tried again after the next probe. */
  async #giveUp(taskId: TaskId, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#ports.onUnhealthy(taskId, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.log.error("unhealthy container not stopped", { taskId, error: messageOf(error) });
      return false;
    }
  }

  /** Never rejects. */
  async #run(
    taskId: TaskId,
    plan: HealthPlan,
    wasGivenUp: boolean,
    signal: AbortSignal,
    onVerdict: (verdict: HealthVerdict) => void,
  ): Promise<void> {
    const { clock, log, probe } = this.#ports;
    const startedAt = clock.now();
    let state = HEALTH_STARTING;
    try {
      if (wasGivenUp && (await this.#giveUp(taskId, signal))) {
        onVerdict("unhealthy");
        return;
      }
      for (;;) {
        const complaint = await probe(taskId, plan, signal);
        signal.throwIfAborted();
        state = afterProbe(state, complaint === null, plan, clock.now() - startedAt);
        if (state.status === "healthy") onVerdict("healthy");
        if (state.status === "unhealthy") {
          log.info("container is unhealthy", { taskId, failures: state.failures, complaint });
          if (await this.#giveUp(taskId, signal)) {
            onVerdict("unhealthy");
            return;
          }
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
