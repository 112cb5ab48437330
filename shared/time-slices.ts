import { type Clock, type InstantMs, sleep } from "./ports/clock.ts";

export interface TimeSlicesOptions {
  readonly clock: Clock;
  /** How long the event loop is held at most, but for one step, in milliseconds. */
  readonly sliceMs: number;
  /** Whose work it is, for timers. */
  readonly label: string;
}

/** Cuts long work into slices, so that heartbeats, proposals and other people's work are handled between them. */
export class TimeSlices {
  readonly #options: TimeSlicesOptions;
  #began: InstantMs;

  constructor(options: TimeSlicesOptions) {
    this.#options = options;
    this.#began = options.clock.now();
  }

  /** Asked after each small step: most steps need not wait at all, not even for a microtask. */
  get isUsedUp(): boolean {
    return this.#options.clock.now() - this.#began >= this.#options.sliceMs;
  }

  /** Lets others go first. @throws the signal's reason when aborted. */
  async rest(signal?: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, 0, this.#options.label, signal);
    this.#began = this.#options.clock.now();
  }
}
