import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import { afterProbe, HEALTH_STARTING, type HealthPlan, probeDelayMs } from "./health.ts";

export interface HealthMonitorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs the check in the container once; resolves with null when it is healthy, otherwise with the reason. */
  readonly probe: (key: ContainerKey, plan: HealthPlan, signal: AbortSignal) => Promise<string | null>;
  /** Ends a container that has been unhealthy for too long; called again after the next probe when it could not. */
  readonly onUnhealthy: (key: ContainerKey, signal: AbortSignal) => Promise<void>;
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
  readonly #watched = new Map<ContainerKey, Watched>();

  constructor(ports: HealthMonitorPorts) {
    this.#ports = ports;
  }

  /**
   * Begins, unless it has already begun. Resolves with the first verdict: healthy, or given up. `wasGivenUp`: an
   * earlier daemon found it unhealthy and did not see its end.
   */
  watch(key: ContainerKey, plan: HealthPlan, wasGivenUp = false): Promise<HealthVerdict> {
    const known = this.#watched.get(key);
    if (known !== undefined) return known.verdict;
    const controller = new AbortController();
    const { promise: verdict, resolve } = Promise.withResolvers<HealthVerdict>();
    const ended = this.#run(key, plan, wasGivenUp, controller.signal, resolve);
    this.#watched.set(key, { controller, verdict, ended });
    return verdict;
  }

  /** Stops checking; whoever is waiting for a verdict gets "cancelled". */
  forget(key: ContainerKey): void {
    this.#watched.get(key)?.controller.abort(new Error("no longer watched"));
    this.#watched.delete(key);
  }

  /** Stops checking any container; resolves when the last probe has ended. */
  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    for (const { controller } of all) controller.abort(new Error("closing"));
    this.#watched.clear();
    await Promise.all(all.map(({ ended }) => ended));
  }

  /** Whether the container was given up; what could not be done now is tried again after the next probe. */
  async #giveUp(key: ContainerKey, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#ports.onUnhealthy(key, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.log.error("unhealthy container not stopped", { container: key, error: messageOf(error) });
      return false;
    }
  }

  /** Never rejects. */
  async #run(
    key: ContainerKey,
    plan: HealthPlan,
    wasGivenUp: boolean,
    signal: AbortSignal,
    onVerdict: (verdict: HealthVerdict) => void,
  ): Promise<void> {
    const { clock, log, probe } = this.#ports;
    const startedAt = clock.now();
    let state = HEALTH_STARTING;
    try {
      if (wasGivenUp && (await this.#giveUp(key, signal))) {
        onVerdict("unhealthy");
        return;
      }
      for (;;) {
        const complaint = await probe(key, plan, signal);
        signal.throwIfAborted();
        state = afterProbe(state, complaint === null, plan, clock.now() - startedAt);
        if (state.status === "healthy") onVerdict("healthy");
        if (state.status === "unhealthy") {
          log.info("container is unhealthy", { container: key, failures: state.failures, complaint });
          if (await this.#giveUp(key, signal)) {
            onVerdict("unhealthy");
            return;
          }
        }
        await sleep(clock, probeDelayMs(state, plan), "health probe", signal);
      }
    } catch (error) {
      if (!signal.aborted) log.error("the health check ended", { container: key, error: messageOf(error) });
    } finally {
      onVerdict("cancelled");
    }
  }
}
