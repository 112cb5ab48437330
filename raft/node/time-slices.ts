import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import { BACKGROUND_SLICE_MS } from "./timing.ts";

/** Cuts long work into slices, so that heartbeats and proposals pass between them. */
export class TimeSlices {
  readonly #clock: Clock;
  #began: InstantMs;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** To be awaited after each small step: lets others go first once the slice is used up. */
  async rest(): Promise<void> {
    if (this.#clock.now() - this.#began < BACKGROUND_SLICE_MS) return;
    await sleep(this.#clock, 0, "raft slice");
    this.#began = this.#clock.now();
  }
}
