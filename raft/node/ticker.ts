import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import { CATCH_UP_TICKS_MAX, TICK_MS } from "./timing.ts";

/**
 * Turns elapsed time into ticks. Timers of a busy process fire late, so ticks are counted by the monotonic clock; of a
 * long pause only the last few count.
 */
export class Ticker implements Disposable {
  readonly #clock: Clock;
  readonly #onTime: () => void;
  #countedUntil: InstantMs;
  #timer: Disposable;

  constructor(clock: Clock, onTime: () => void) {
    this.#clock = clock;
    this.#onTime = onTime;
    this.#countedUntil = clock.now();
    this.#timer = this.#schedule();
  }

  /** Whole ticks since the last call. A clock that went back gives none, and is counted on from where it is. */
  takeTicks(): number {
    const due = Math.floor((this.#clock.now() - this.#countedUntil) / TICK_MS);
    this.#countedUntil += due * TICK_MS;
    return Math.max(0, Math.min(due, CATCH_UP_TICKS_MAX));
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #schedule(): Disposable {
    // Time to the next tick from now, not from the last one counted: a loop that is waiting for its disk counts none in
    // the meantime.
    const delayMs = TICK_MS - ((this.#clock.now() - this.#countedUntil) % TICK_MS);
    return this.#clock.schedule(delayMs, "raft tick", () => {
      this.#onTime();
      this.#timer = this.#schedule();
    });
  }
}
