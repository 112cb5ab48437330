import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";

/**
 * How often the loop's delay is sampled; up to this much of a hold-up may be missed. Every sample wakes the daemon: at
 * 20 ms this was half of all that woke one at rest.
 */
const RESOLUTION_MS = 100;
/** What is reported covers the last one to two of these. */
const WINDOW_MS = 60_000;
/** A loop held up this long has missed several heartbeats: half the time that makes an election possible. */
const WARN_MS = 350;

/** How late this process's event loop was, in milliseconds. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NEVER_LATE: LoopDelay = { p99Ms: 0, maxMs: 0 };

/** Watches what everything in a single-threaded process depends on: that nothing takes long. */
export class LoopWatch implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #clock: Clock;
  readonly #log: Logger;
  #before = NEVER_LATE;
  #timer: Disposable;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#histogram.enable();
    this.#timer = this.#nextWindow();
  }

  /** Of the last one to two minutes. */
  read(): LoopDelay {
    const now = this.#current();
    const { p99Ms, maxMs } = this.#before;
    return { p99Ms: Math.max(now.p99Ms, p99Ms), maxMs: Math.max(now.maxMs, maxMs) };
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#histogram.disable();
  }

  #current(): LoopDelay {
    // Without a sample its percentiles mean nothing.
    if (this.#histogram.count === 0) return NEVER_LATE;
    return { p99Ms: lateness(this.#histogram.percentile(99)), maxMs: lateness(this.#histogram.max) };
  }

  #nextWindow(): Disposable {
    return this.#clock.schedule(WINDOW_MS, "loop delay window", () => {
      this.#before = this.#current();
      this.#histogram.reset();
      const { p99Ms, maxMs } = this.#before;
      if (maxMs >= WARN_MS) {
        this.#log.warn("this daemon was held up: the host's processors, disk or memory are overloaded", {
          maxMs,
          p99Ms,
        });
      }
      this.#timer = this.#nextWindow();
    });
  }
}

/** The histogram counts from one sample to the next, in nanoseconds. */
function lateness(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1e5 - 10 * RESOLUTION_MS) / 10);
}
