import type { Service, TaskSpec } from "../../shared/objects/types.ts";
import type { UpdateConfig } from "../../shared/rpc/gen/objects.ts";
import { ROLLOUT_DEFAULTS } from "../../shared/service-spec/defaults.ts";

/** Whether a service's last change is a rollback, finished or not. */
export function isInRollback({ updateStatus }: Service): boolean {
  const state = updateStatus?.state;
  return state === "ROLLBACK_STARTED" || state === "ROLLBACK_COMPLETED" || state === "ROLLBACK_PAUSED";
}

/** Whether a rollout under way may yet go back to the spec before. */
export function mayRollBack({ updateStatus }: Service): boolean {
  return updateStatus?.state === "UPDATING" || updateStatus?.state === "PAUSED";
}

/** How long a service is watched once all of its tasks run, in milliseconds. */
export function monitorMsOf(service: Service): number {
  const { update, rollback } = service.spec;
  return (isInRollback(service) ? rollback : update)?.monitorMs || ROLLOUT_DEFAULTS.monitorMs;
}

/** A restart policy with everything filled in but the delay, which grows by itself unless it was set. */
export interface RestartRules {
  readonly condition: "ANY" | "ON_FAILURE" | "NONE";
  /** null = not set. */
  readonly delayMs: number | null;
  /** 0 = unlimited. */
  readonly attemptsMax: number;
  /** 0 = all of history. */
  readonly windowMs: number;
}

export function restartRules(spec: TaskSpec): RestartRules {
  const policy = spec.restart;
  return {
    condition: policy?.condition ?? "ANY",
    delayMs: policy?.delayMs ?? null,
    attemptsMax: policy?.maxAttempts ?? 0,
    windowMs: policy?.windowMs ?? 0,
  };
}

/**
 * How tasks are replaced now, with defaults filled in: by the spec's update settings or, while a service goes back to
 * an earlier spec, by that spec's rollback settings. A stated parallelism of 0 means all at once, an absent one means
 * 1.
 */
export function rolloutRules({ spec, updateStatus }: Service): UpdateConfig {
  const config = updateStatus?.state === "ROLLBACK_STARTED" ? spec.rollback : spec.update;
  if (config === null) return ROLLOUT_DEFAULTS;
  return { ...config, monitorMs: config.monitorMs > 0 ? config.monitorMs : ROLLOUT_DEFAULTS.monitorMs };
}
