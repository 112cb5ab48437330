/** As long as a timer can wait: a grace period, or a run, ends when it ends. */
export const STOP_TIMEOUT_MS = 2 ** 31 - 1;
/** An image may have to be checked, and a volume filled from it. */
export const START_TIMEOUT_MS = 130_000;
