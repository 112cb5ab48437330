import type { Clock, InstantMs, WallMs } from "../../../shared/ports/clock.ts";
import type { SimProcess } from "./sim-process.ts";

/** How exact timers are. */
const STEPS_PER_MS = 1_000;

/** The time as one process sees it: too fast or too slow by some percent, and only as long as it lives. */
export class SimClock implements Clock {
  readonly #process: SimProcess;
  readonly #rate: number;
  readonly #startedAt: number;
  readonly #wallOffsetMs: number;

  /** `rate`: local milliseconds in a millisecond of the world. */
  constructor(process: SimProcess, rate: number, wallOffsetMs: number) {
    this.#process = process;
    this.#rate = rate;
    this.#startedAt = process.now;
    this.#wallOffsetMs = wallOffsetMs;
  }

  now(): InstantMs {
    return (this.#process.now - this.#startedAt) * this.#rate;
  }

  wallNow(): WallMs {
    return this.#wallOffsetMs + this.#process.now;
  }

  schedule(delayMs: number, _label: string, action: () => void): Disposable {
    let isOver = false;
    // Never a little too early: a timer that finds its time has not come would be set again and again for no time at
    // all.
    this.#process.after(Math.ceil((Math.max(0, delayMs) / this.#rate) * STEPS_PER_MS) / STEPS_PER_MS, () => {
      if (isOver) return;
      isOver = true;
      action();
    });
    return {
      [Symbol.dispose]: () => {
        isOver = true;
      },
    };
  }
}
