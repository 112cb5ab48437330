import type { ServiceId } from "../../../shared/ids.ts";
import type { Cluster } from "../../../shared/objects/types.ts";
import type { WallMs } from "../../../shared/ports/clock.ts";
import { REBALANCE_DEFAULTS } from "../../../shared/service-spec/defaults.ts";
import type { MoveRules } from "./members.ts";

/** How many moves, and which, the swarm wants now. */
export interface RebalanceWish extends MoveRules {
  /** Moves at the same time. */
  readonly parallelism: number;
  /** Somebody has asked for them; otherwise the swarm does by its settings. */
  readonly isAskedFor: boolean;
}

/** How the swarm moves tasks at all, with defaults filled in. */
export function rebalanceSettings({ spec }: Pick<Cluster, "spec">): {
  readonly background: boolean;
  readonly parallelism: number;
  readonly gainMin: number;
  readonly cooldownMs: number;
} {
  const { rebalance } = spec;
  return {
    background: rebalance?.background ?? false,
    parallelism: rebalance?.parallelism || REBALANCE_DEFAULTS.parallelism,
    gainMin: rebalance?.gainMin || REBALANCE_DEFAULTS.gainMin,
    cooldownMs: rebalance?.cooldownMs || REBALANCE_DEFAULTS.cooldownMs,
  };
}

/** null = nobody wants any moves. */
export function wishOf(cluster: Cluster, nowMs: WallMs): RebalanceWish | null {
  const { background, parallelism, gainMin, cooldownMs } = rebalanceSettings(cluster);
  const run = cluster.rebalance;
  const isAskedFor = run !== null && run.startedAtMs > 0 && run.endedAtMs === 0;
  if (!isAskedFor && !background) return null;
  const heldSinceMs = isAskedFor ? run.startedAtMs : nowMs - cooldownMs;
  const held = (run?.calledOff ?? []).filter(({ atMs }) => atMs >= heldSinceMs);
  return {
    isAskedFor,
    parallelism,
    gainMin: (isAskedFor && run.gainMin) || gainMin,
    movesMax: isAskedFor ? Math.min(run.movesLeft, parallelism) : parallelism,
    // Whoever asks for it wants it now; by itself the swarm moves a task once in this time at most.
    settledBeforeMs: isAskedFor ? Number.POSITIVE_INFINITY : nowMs - cooldownMs,
    heldServices: new Set(held.map(({ serviceId }) => serviceId as ServiceId)),
  };
}
