import type { Placement } from "../rpc/gen/objects.ts";

/**
 * What a service gets where its spec says nothing: Docker's defaults, each stated only here. Help, `inspect`, the
 * Docker shapes, managers and hosts read them from here. Durations are in milliseconds.
 */
export const DEFAULT_REPLICAS = 1;

/** Between the stop signal and SIGKILL. */
export const STOP_GRACE_MS = 10_000;

/** Of a health check; a value that is 0 in the spec is taken from the image, or else from here. */
export const HEALTH_DEFAULTS = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  retries: 3,
  startPeriodMs: 0,
  startIntervalMs: 5_000,
} as const;

/** The first delay; if it is not set, it doubles for tasks that end again and again (manager/restart). */
export const RESTART_DELAY_MS = 5_000;

/** What the delay grows to if it is not set. */
export const RESTART_DELAY_MS_MAX = 60_000;

/** Of updates and of rollbacks. */
export const ROLLOUT_DEFAULTS = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5_000,
  failureAction: "PAUSE",
  maxFailureRatio: 0,
  order: "STOP_FIRST",
  canary: "",
} as const;

/** How long a pre-deploy command may take. */
export const PRE_DEPLOY_TIMEOUT_MS = 600_000;

/** Where a task may run of which nothing is said. */
export const ANYWHERE: Placement = {
  constraints: [],
  maxReplicas: 0,
  platforms: [],
  spread: [],
  affinities: [],
  strategy: "",
};

/** Of /dev/shm. */
export const SHM_SIZE_BYTES = 67_108_864;

/** Of moves that even out the load (ClusterSpec.rebalance), where the swarm's settings say nothing. */
export const REBALANCE_DEFAULTS = {
  parallelism: 2,
  gainMin: 1,
  cooldownMs: 300_000,
  movesMax: 100,
} as const;

/** Of rules by which a service's number of tasks changes (shared/autoscale.ts): up soon, down late. */
export const AUTOSCALE_DEFAULTS = { upMs: 15_000, downMs: 300_000 } as const;
