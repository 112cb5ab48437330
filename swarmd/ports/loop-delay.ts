import { createHistogram } from "node:perf_hooks";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { watchTimers } from "../../shared/ports/system-clock.ts";

/** What is reported covers the last one to two of these. */
const WINDOW_MS = 60_000;
/** A loop held up this long has missed several heartbeats: half the time that makes an election possible. */
const WARN_MS = 350;

/** How late this process's timers were, in milliseconds. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NEVER_LATE: LoopDelay = { p99Ms: 0, maxMs: 0 };

/**
 * Watches what everything in a single-threaded process depends on: that nothing takes long. Seen are the timers that
 * were due meanwhile, of which a daemon at rest has several a second: timers of its own would wake it for nothing else.
 */
export class LoopWatch implements Disposable {
  readonly #histogram = createHistogram();
  readonly #watching: Disposable;
  readonly #clock: Clock;
  readonly #log: Logger;
  #before = NEVER_LATE;
  #timer: Disposable;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    // In microseconds; it counts from 1 on.
    this.#watching = watchTimers((lateMs) => this.#histogram.record(Math.max(1, Math.round(lateMs * 1_000))));
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
    this.#watching[Symbol.dispose]();
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

/** From microseconds, with one decimal. */
function lateness(microseconds: number): number {
  return Math.round(microseconds / 100) / 10;
}
