import { setTimeout as pause } from "node:timers/promises";

/** For a hang, not for speed: far longer than anything takes on a machine that is busy with something else. */
const CONDITION_MS_MAX = 180_000;
const POLL_MS = 50;
/**
 * Most conditions start a program on a host of a lab, which takes as much of a processor as it is asked: who has waited
 * long waits a little longer, by this part of it.
 */
const POLL_PART = 5;
const POLL_MS_MAX = 500;

/**
 * Waits until the condition gives something other than null, undefined or false, and returns it. A condition that
 * throws is asked again: during a fault a command may fail.
 * @throws Error that names what was awaited, with the last error, when it has been waited for too long.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  pollMs?: number,
): Promise<T> {
  const startedMs = performance.now();
  const deadlineMs = startedMs + CONDITION_MS_MAX;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await condition();
      if (found !== null && found !== undefined && found !== false) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadlineMs)
      throw new Error(
        `waited ${CONDITION_MS_MAX} ms for ${what}, in vain`,
        lastError === undefined ? {} : { cause: lastError },
      );
    const waitedMs = performance.now() - startedMs;
    await pause(pollMs ?? Math.min(Math.max(waitedMs / POLL_PART, POLL_MS), POLL_MS_MAX));
  }
}
