import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { LogFields, Logger } from "../../shared/log.ts";
import { type Clock, sleep, type WallMs } from "../../shared/ports/clock.ts";
import { afterProbe, HEALTH_STARTING, type HealthPlan, type HealthState, probeDelayMs } from "./health.ts";
import type { ProbeResult } from "./health-probe.ts";

export interface HealthMonitorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs the check in the container once; it is healthy when that ends with 0. */
  readonly probe: (key: ContainerKey, plan: HealthPlan, signal: AbortSignal) => Promise<ProbeResult>;
  /**
   * A container has been unhealthy for too long: it is ended, or runs on and is checked on. Called again after the next
   * probe when it could not be ended.
   */
  readonly onUnhealthy: (key: ContainerKey, signal: AbortSignal) => Promise<"ended" | "runsOn">;
  /** A container has come to another status. */
  readonly onStatus?: (key: ContainerKey, status: HealthState["status"]) => void;
}

/** What is shown of a container's health. */
export interface HealthReport extends Pick<HealthState, "status" | "failures"> {
  /** The last five, oldest first. */
  readonly log: readonly HealthResult[];
}

export interface HealthResult extends ProbeResult {
  readonly startedAtMs: WallMs;
  readonly endedAtMs: WallMs;
}

/** Characters of a check's output in the daemon's log. */
const OUTPUT_LOGGED_MAX = 200;
/** As many as Docker keeps. */
const RESULTS_MAX = 5;

/** The verdict of the first probes of a container. */
export type HealthVerdict = "healthy" | "unhealthy" | "cancelled";

interface Watched {
  readonly controller: AbortController;
  readonly verdict: Promise<HealthVerdict>;
  readonly ended: Promise<void>;
  report: HealthReport;
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
    this.#watched.set(key, { controller, verdict, ended, report: { status: "starting", failures: 0, log: [] } });
    return verdict;
  }

  /** null = it is not watched. */
  report(key: ContainerKey): HealthReport | null {
    return this.#watched.get(key)?.report ?? null;
  }

  #note(key: ContainerKey, { status, failures }: HealthState, result: HealthResult): void {
    const watched = this.#watched.get(key);
    if (watched === undefined) return;
    const before = watched.report;
    watched.report = { status, failures, log: [...before.log, result].slice(-RESULTS_MAX) };
    if (before.status !== status) this.#ports.onStatus?.(key, status);
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
      return (await this.#ports.onUnhealthy(key, signal)) === "ended";
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
        const startedAtMs = clock.wallNow();
        const result = await probe(key, plan, signal);
        signal.throwIfAborted();
        state = afterProbe(state, result.exitCode === 0, plan, clock.now() - startedAt);
        this.#note(key, state, { startedAtMs, endedAtMs: clock.wallNow(), ...result });
        if (state.status === "healthy") onVerdict("healthy");
        if (state.status === "unhealthy") {
          if (state.failures === plan.retries) log.info("container is unhealthy", shownOf(key, state, result));
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

/** For the daemon's log: what a check wrote is the container's own, and may be long. */
function shownOf(container: ContainerKey, { failures }: HealthState, { exitCode, output }: ProbeResult): LogFields {
  return { container, failures, exitCode, output: output.slice(0, OUTPUT_LOGGED_MAX) };
}
