/** Monotonic milliseconds since an arbitrary start; only differences are meaningful. */
export type InstantMs = number;
/** Unix time in milliseconds (UTC); may jump. Only for what people and certificates read. */
export type WallMs = number;

/**
 * The only source of time. Cores take ticks or instants as input; shells take a Clock.
 * `schedule` carries a label so that a simulation, and a leak report, can say whose timer it is.
 */
export interface Clock {
  now(): InstantMs;
  wallNow(): WallMs;
  /**
   * Runs `action` once after `delayMs` (>= 0; 0: after everything already due, never synchronously). Disposing before
   * that cancels it; disposing later does nothing.
   */
  schedule(delayMs: number, label: string, action: () => void): Disposable;
}

/**
 * Resolves after `delayMs`; rejects with the signal's reason when aborted first.
 * The timer is cancelled and the listener removed either way.
 */
export function sleep(clock: Clock, delayMs: number, label: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.schedule(delayMs, label, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
