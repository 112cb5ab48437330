import { invariant } from "../invariant.ts";
import type { Clock } from "./clock.ts";

/** Beyond this the runtime's timers fire at once, with a warning: 24.8 days, the largest signed 32-bit number. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/**
 * The runtime drops parts of a millisecond, and counts from up to one before now: whoever is woken before its time
 * looks at the clock, finds nothing to do and waits again. From this delay on nobody minds one millisecond more.
 */
const NEVER_EARLY_MS = 10;

let onFired: ((lateMs: number) => void) | null = null;

/** Tells how late each timer of this process is from now on. One watcher at a time. */
export function watchTimers(watcher: (lateMs: number) => void): Disposable {
  onFired = watcher;
  return {
    [Symbol.dispose]() {
      if (onFired === watcher) onFired = null;
    },
  };
}

/** The machine's clock. Timers keep the process alive until they fire or are disposed. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule(delayMs, label, action) {
    invariant(!Number.isNaN(delayMs), () => `timer "${label}" without a delay`);
    // A timer takes a millisecond at least; code that only lets others go first need not wait that long.
    if (delayMs === 0) {
      const immediate = setImmediate(action);
      return { [Symbol.dispose]: () => clearImmediate(immediate) };
    }
    const wholeMs = delayMs < NEVER_EARLY_MS ? delayMs : Math.ceil(delayMs) + 1;
    const dueMs = performance.now() + wholeMs;
    const fire = (): void => {
      onFired?.(performance.now() - dueMs);
      action();
    };
    let timer = startTimer(wholeMs, fire, (next) => {
      timer = next;
    });
    return {
      [Symbol.dispose]() {
        clearTimeout(timer);
      },
    };
  },
};

/** A delay of any length, as one timer after another; `onNext` is given the one that is running now. */
function startTimer(delayMs: number, action: () => void, onNext: (timer: NodeJS.Timeout) => void): NodeJS.Timeout {
  if (delayMs <= TIMER_MS_MAX) return setTimeout(action, delayMs);
  return setTimeout(() => onNext(startTimer(delayMs - TIMER_MS_MAX, action, onNext)), TIMER_MS_MAX);
}
