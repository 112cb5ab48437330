import type { Clock, InstantMs } from "../../shared/ports/clock.ts";

export interface QuietMomentOptions {
  readonly clock: Clock;
  readonly label: string;
  /** It acts when nothing has been noted for so long ... */
  readonly quietMs: number;
  /** ... or so long after the first note, whichever comes first. */
  readonly delayMsMax: number;
  readonly act: () => void;
}

/** Gathers what comes in bursts, and acts once for all of it. */
export class QuietMoment implements Disposable {
  readonly #options: QuietMomentOptions;
  #firstAtMs: InstantMs | null = null;
  #notBeforeMs: InstantMs = 0;
  #timer: Disposable | null = null;

  constructor(options: QuietMomentOptions) {
    this.#options = options;
  }

  /** There is something (more) to act on. */
  note(): void {
    const { clock, quietMs, delayMsMax, label } = this.#options;
    const nowMs = clock.now();
    this.#firstAtMs ??= nowMs;
    const atMs = Math.max(this.#notBeforeMs, Math.min(nowMs + quietMs, this.#firstAtMs + delayMsMax));
    this.#timer?.[Symbol.dispose]();
    this.#timer = clock.schedule(Math.max(0, atMs - nowMs), label, () => this.#act());
  }

  /** It acts no more before that time has passed. */
  rest(ms: number): void {
    this.#notBeforeMs = this.#options.clock.now() + ms;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #act(): void {
    this.#timer = null;
    this.#firstAtMs = null;
    this.#options.act();
  }
}
