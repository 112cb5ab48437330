import type { Clock } from "./clock.ts";

/** The machine's clock. Timers keep the process alive until they fire or are disposed. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule(delayMs, _label, action) {
    // A timer takes a millisecond at least; who only lets others go first need not wait for it.
    if (delayMs === 0) {
      const immediate = setImmediate(action);
      return { [Symbol.dispose]: () => clearImmediate(immediate) };
    }
    const timer = setTimeout(action, delayMs);
    return {
      [Symbol.dispose]() {
        clearTimeout(timer);
      },
    };
  },
};
