import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import { BACKGROUND_SLICE_MS } from "./timing.ts";

/** Cuts long work into slices, so that heartbeats and proposals are handled between them. */
export class TimeSlices {
  readonly #clock: Clock;
  #began: InstantMs;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** Asked after each small step: most steps need not wait at all, not even for a microtask. */
  get isUsedUp(): boolean {
    return this.#clock.now() - this.#began >= BACKGROUND_SLICE_MS;
  }

  /** Lets others go first. */
  async rest(): Promise<void> {
    await sleep(this.#clock, 0, "raft slice");
    this.#began = this.#clock.now();
  }
}
