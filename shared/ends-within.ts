import type { Clock } from "./ports/clock.ts";

/**
 * Waits for something to end, but not for ever: resolves with whether it has ended within the limit. What has not goes
 * on and is nobody's any more; a fault of it is then too late to matter. @throws what the work throws in time.
 */
export async function endsWithin(limitMs: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  using _timer = clock.schedule(limitMs, "limit of a wait", () => resolve(false));
  return await Promise.race([work.then(() => true), late]);
}
