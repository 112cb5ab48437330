import type { Clock } from "./clock.ts";

/** The machine's clock. Timers keep the process alive until they fire or are disposed. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule(delayMs, _label, action) {
    const timer = setTimeout(action, delayMs);
    return {
      [Symbol.dispose]() {
        clearTimeout(timer);
      },
    };
  },
};
