import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { RaftCore } from "../core/raft-core.ts";
import { CATCH_UP_TICKS_MAX, PATIENT_TICKS, TICK_MS } from "./timing.ts";

/** Ticks to be stepped in a turn of the loop. */
export interface DueTicks {
  /** Those that were known to change nothing: before the messages, so that time before a message stays before it. */
  readonly quiet: number;
  /** The others: after the messages, which count first when a process resumes. */
  readonly acting: number;
}

/** How many ticks from now the core lets pass, without those in which a follower is to be on its guard. */
export function quietTicks({ role, ticksUntilAction }: Pick<RaftCore, "role" | "ticksUntilAction">): number {
  return Math.max(0, ticksUntilAction - 1 - (role === "leader" ? 0 : PATIENT_TICKS));
}

/**
 * Turns elapsed time into ticks, and wakes the loop when one of them is to be acted upon: at rest that is seldom, and
 * each wake costs processor time. Timers of a busy process fire late, so ticks are counted by the monotonic clock; of
 * a long pause only the last few count, and those that were awaited without a wake.
 */
export class Ticker implements Disposable {
  readonly #clock: Clock;
  readonly #onTime: () => void;
  #countedUntil: InstantMs;
  #quietTicks = 0;
  #timer: Disposable;

  constructor(clock: Clock, onTime: () => void) {
    this.#clock = clock;
    this.#onTime = onTime;
    this.#countedUntil = clock.now();
    this.#timer = this.#schedule();
  }

  /** Whole ticks since the last call. A clock that went back gives none, and is counted on from where it is. */
  takeTicks(): DueTicks {
    const due = Math.floor((this.#clock.now() - this.#countedUntil) / TICK_MS);
    this.#countedUntil += due * TICK_MS;
    const quiet = Math.max(0, Math.min(due, this.#quietTicks));
    this.#quietTicks -= quiet;
    return { quiet, acting: Math.max(0, Math.min(due - quiet, Math.max(1, CATCH_UP_TICKS_MAX - quiet))) };
  }

  /** The next so many ticks change nothing: the loop is woken at the one after them. */
  plan(quietTicks: number): void {
    this.#quietTicks = quietTicks;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #schedule(): Disposable {
    // Time to the tick from now, not from the last one counted: a loop that is waiting for its disk counts none in the
    // meantime.
    const sinceTickMs = (this.#clock.now() - this.#countedUntil) % TICK_MS;
    const delayMs = (1 + this.#quietTicks) * TICK_MS - sinceTickMs;
    return this.#clock.schedule(delayMs, "raft tick", () => {
      this.#onTime();
      this.#timer = this.#schedule();
    });
  }
}
