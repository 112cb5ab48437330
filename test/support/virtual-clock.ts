import type { Clock, InstantMs } from "../../shared/ports/clock.ts";

/** More timers than any simulated run needs; beyond it something schedules in a circle without time passing. */
const FIRED_MAX = 5_000_000;
/** Shown when a wait is in vain. */
const RECENT_MAX = 20;

interface Timer {
  readonly atMs: InstantMs;
  readonly sequence: number;
  readonly label: string;
  readonly action: () => void;
}

/**
 * Time that passes only when a test lets it: to the next timer, in order of (instant, call). Between two timers all
 * promises run to their end, so a run is repeatable as long as nothing waits for real I/O.
 */
export class VirtualClock implements Clock {
  #nowMs: InstantMs = 0;
  #sequence = 0;
  #fired = 0;
  readonly #timers = new Set<Timer>();
  readonly #recent: string[] = [];
  readonly #firedMax: number;

  /** `firedMax`: how many timers a run may need; past that it is broken, and says which ones it was busy with. */
  constructor(firedMax = FIRED_MAX) {
    this.#firedMax = firedMax;
  }

  now(): InstantMs {
    return this.#nowMs;
  }

  wallNow(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  schedule(delayMs: number, label: string, action: () => void): Disposable {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, label, action };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Labels of the timers that are still to fire. */
  get pending(): readonly string[] {
    return [...this.#timers].map(({ label }) => label);
  }

  /** Lets `ms` pass. */
  async run(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(); next !== null && next.atMs <= untilMs; next = this.#next()) await this.#fire(next);
    this.#nowMs = untilMs;
  }

  /** Lets time pass until the condition holds; returns how long that took. @throws after `msMax`. */
  async until(what: string, condition: () => boolean, msMax = 60_000): Promise<number> {
    const beganMs = this.#nowMs;
    await settle();
    while (!condition()) {
      const next = this.#next();
      if (next === null || next.atMs > beganMs + msMax) {
        throw new Error(`waited ${msMax} ms in vain until ${what}; last timers:\n${this.#recent.join("\n")}`);
      }
      await this.#fire(next);
    }
    return this.#nowMs - beganMs;
  }

  /** Time passes and nothing that was due happens in between: the process was stopped. What is due comes late. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  #next(): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      const isEarlier =
        next === null || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.sequence < next.sequence);
      if (isEarlier) next = timer;
    }
    return next;
  }

  async #fire(timer: Timer): Promise<void> {
    if (++this.#fired > this.#firedMax) throw new Error(`time does not pass; last timers:\n${this.#recent.join("\n")}`);
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    this.#recent.push(`${this.#nowMs} ms ${timer.label}`);
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
    timer.action();
    await settle();
  }
}

/** Runs all promises that can go on. An immediate comes after every microtask, also those made meanwhile. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
