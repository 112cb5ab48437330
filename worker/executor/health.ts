import type { InstantMs } from "../../shared/ports/clock.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import { HEALTH_DEFAULTS } from "../../shared/service-spec/defaults.ts";
import type { ImageConfig } from "../images/image-config.ts";

/** How a container's health is checked. */
export interface HealthPlan {
  readonly args: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
  /** Between probes until the first success. */
  readonly startIntervalMs: number;
}

/** `starting` until the first success, or until it has failed too often. */
export interface HealthState {
  readonly status: "starting" | "healthy" | "unhealthy";
  /** Failures in a row that count. */
  readonly failures: number;
  /** When the last counted failure was, since the start. */
  readonly lastCountedMs: InstantMs;
}

/**
 * A starting container is checked more often than its interval says, so that it serves as soon as it can (Docker: 5 s).
 */
const START_INTERVAL_MS_MAX = 500;
const DEFAULT_SHELL = ["/bin/sh", "-c"];

export const HEALTH_STARTING: HealthState = { status: "starting", failures: 0, lastCountedMs: 0 };

/**
 * The service's check, otherwise the image's; null = none, or switched off by NONE. What is not set takes the defaults.
 * A check that is a shell command line runs in the image's own shell.
 */
export function healthPlan(
  own: ContainerSpec["healthcheck"],
  { healthcheck: image, shell }: Pick<ImageConfig, "healthcheck" | "shell">,
): HealthPlan | null {
  const test = own !== null && own.test.length > 0 ? own.test : (image?.test ?? []);
  const [kind, ...words] = test;
  const args =
    kind === "CMD" ? words : kind === "CMD-SHELL" ? [...(shell.length > 0 ? shell : DEFAULT_SHELL), ...words] : [];
  if (args.length === 0) return null;
  const intervalMs = own?.intervalMs || image?.intervalMs || HEALTH_DEFAULTS.intervalMs;
  return {
    args,
    intervalMs,
    timeoutMs: own?.timeoutMs || image?.timeoutMs || HEALTH_DEFAULTS.timeoutMs,
    retries: own?.retries || image?.retries || HEALTH_DEFAULTS.retries,
    startPeriodMs: own?.startPeriodMs || image?.startPeriodMs || 0,
    startIntervalMs: own?.startIntervalMs || image?.startIntervalMs || defaultStartIntervalMs(intervalMs),
  };
}

/** Delay between probes of a container that has not been healthy yet, if it is not set. */
export function defaultStartIntervalMs(intervalMs: number): number {
  return Math.min(intervalMs, START_INTERVAL_MS_MAX);
}

/** How long to wait before the next probe. */
export function probeDelayMs(state: HealthState, plan: HealthPlan): number {
  return state.status === "starting" ? plan.startIntervalMs : plan.intervalMs;
}

/**
 * After one probe. While starting, failures in the start period do not count, and after it only one per interval
 * counts: the additional probes may bring good news early, but never bad news.
 */
export function afterProbe(
  before: HealthState,
  isWell: boolean,
  plan: HealthPlan,
  sinceStartMs: InstantMs,
): HealthState {
  if (isWell) return { status: "healthy", failures: 0, lastCountedMs: sinceStartMs };
  if (before.status === "starting") {
    if (sinceStartMs < plan.startPeriodMs) return before;
    if (sinceStartMs - before.lastCountedMs < plan.intervalMs) return before;
  }
  const failures = before.failures + 1;
  const status = failures >= plan.retries ? "unhealthy" : before.status;
  return { status, failures, lastCountedMs: sinceStartMs };
}
