/** How long a daemon that was asked to stop may take; then it ends all the same. Service managers kill later (90 s). */
export const STOP_MS_MAX = 10_000;
/** What of it the worker may use: a manager behind it still hands over its leadership. */
export const WORKER_STOP_MS_MAX = 6_000;
