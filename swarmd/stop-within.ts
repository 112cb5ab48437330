import type { Clock } from "../shared/ports/clock.ts";

/** How long a daemon that was asked to stop may take; then it ends all the same. Service managers kill later (90 s). */
export const STOP_MS_MAX = 10_000;
/** What of it the worker may use: a manager behind it still hands over its leadership. */
export const WORKER_STOP_MS_MAX = 6_000;

/**
 * Waits for something to end, but not for ever: resolves with whether it has ended within the limit. What has not goes
 * on and is nobody's any more; a fault of it is then too late to matter. @throws what the work throws in time.
 */
export async function endsWithin(limitMs: number, work: Promise<void>, clock: Clock): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  using _timer = clock.schedule(limitMs, "swarmd: stop limit", () => resolve(false));
  return await Promise.race([work.then(() => true), late]);
}
