import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";

/** What one worker may write into the cluster's log at once: the start of thousands of tasks. */
export const PACE_BURST_BYTES = 1024 * 1024;
/** And for ever: a host that restarts a hundred containers a second. Far below what a disk takes. */
export const PACE_BYTES_PER_S = 64 * 1024;

/**
 * How fast one node's words become entries of the log. An honest worker never notices it. One that changes its mind
 * without end is slowed down to this and to nobody else's harm: what it sends meanwhile is not read.
 */
export class Pace {
  readonly #clock: Clock;
  #left = PACE_BURST_BYTES;
  #atMs: InstantMs;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#atMs = clock.now();
  }

  /** Resolves when so many bytes may be written; rejects with the signal's reason. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.now();
    const earned = ((nowMs - this.#atMs) / 1_000) * PACE_BYTES_PER_S;
    this.#left = Math.min(PACE_BURST_BYTES, this.#left + earned) - bytes;
    this.#atMs = nowMs;
    if (this.#left >= 0) return;
    await sleep(this.#clock, (-this.#left / PACE_BYTES_PER_S) * 1_000, "dispatcher: slow a worker down", signal);
  }
}
