import { SwarmError } from "../../shared/errors.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";

/**
 * Notices when something that should send from time to time is silent for too long; cheap enough for each line of a
 * log.
 */
export class SilenceWatch implements Disposable {
  readonly #clock: Clock;
  readonly #limitMs: number | null;
  readonly #silence = Promise.withResolvers<never>();
  readonly #controller = new AbortController();
  #since: InstantMs | null = null;
  #timer: Disposable | null = null;

  /** `limitMs`: null = silence is fine. Begins at once. */
  constructor(clock: Clock, limitMs: number | null) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#silence.promise.catch(() => {});
    this.start();
  }

  /** Rejects, and `signal` is aborted, with deadlineExceeded after too long a silence. Never resolves. */
  get silence(): Promise<never> {
    return this.#silence.promise;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on something is expected. */
  start(): void {
    this.#since = this.#clock.now();
    if (this.#limitMs !== null && this.#timer === null) this.#lookAgainIn(this.#limitMs, this.#limitMs);
  }

  /** Something has arrived; until `start` nothing is expected. */
  stop(): void {
    this.#since = null;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #lookAgainIn(ms: number, limitMs: number): void {
    this.#timer = this.#clock.schedule(ms, "wait for a word", () => {
      const silentMs = this.#since === null ? 0 : this.#clock.now() - this.#since;
      if (silentMs < limitMs) {
        this.#lookAgainIn(limitMs - silentMs, limitMs);
        return;
      }
      const error = new SwarmError("deadlineExceeded", `nothing was read of it for ${limitMs / 1000} s`);
      this.#controller.abort(error);
      this.#silence.reject(error);
    });
  }
}
