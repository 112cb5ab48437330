/** How long a daemon that was asked to stop may take; after that it ends anyway. Service managers kill later (90 s). */
export const STOP_MS_MAX = 10_000;
/** The worker's share of it: after the worker, a manager still has to hand over its leadership. */
export const WORKER_STOP_MS_MAX = 6_000;
