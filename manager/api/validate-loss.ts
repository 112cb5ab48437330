import type { ServiceSpec } from "../../shared/objects/types.ts";
import { STOP_GRACE_MS } from "../../shared/service-spec/defaults.ts";
import { check } from "../../shared/spec-checks/refuse.ts";

/**
 * A worker looks for a new leader for up to about 5 s when one has lost power. Tasks that ended sooner would end at
 * each such election.
 */
export const STOP_AFTER_MS_MIN = 10_000;
/**
 * Between the end of a task that its host stops by itself and its replacement: what a worker may be late with the stop
 * and the kernel with the kill, how long an overtaken leader may still answer heartbeats, and clocks that run unevenly.
 */
export const LOSS_MARGIN_MS = 5_000;

/**
 * Refuses what would keep the settings for lost hosts from doing what they are there for.
 * @throws SwarmError invalidArgument.
 */
export function validateLoss({ mode, task }: ServiceSpec): void {
  if (task.loss === null) return;
  const { lostAfterMs, onReturn, stopAfterMs } = task.loss;
  check(
    onReturn === "KEEP_NEW" || mode === "replicated",
    "on-return can only be used with replicated mode: nothing else is made elsewhere and kept",
  );
  check(
    lostAfterMs === 0 || mode === "replicated" || mode === "replicatedJob",
    "lost-after can only be used with replicated modes: a global service's task is never made elsewhere",
  );
  check(
    stopAfterMs === 0 || stopAfterMs >= STOP_AFTER_MS_MIN,
    `stop-after must be at least ${text(STOP_AFTER_MS_MIN)}: a change of the leader may take so long`,
  );
  if (lostAfterMs === 0 || stopAfterMs === 0) return;
  const graceMs = task.container.stopGracePeriodMs ?? STOP_GRACE_MS;
  const leastMs = stopAfterMs + graceMs + LOSS_MARGIN_MS;
  check(
    lostAfterMs >= leastMs,
    `lost-after must be at least ${text(leastMs)}: stop-after ${text(stopAfterMs)}, the stop grace period of ` +
      `${text(graceMs)} and ${text(LOSS_MARGIN_MS)} more; otherwise two tasks of a slot could run at once`,
  );
}

const text = (ms: number): string => `${ms / 1_000}s`;
