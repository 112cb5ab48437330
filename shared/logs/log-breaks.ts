import { isRetryable, SwarmError } from "../errors.ts";

/** How long whoever follows logs waits before asking again. */
export const LOGS_AGAIN_MS = 300;
/** Breaks in a row, as around a change of leader, before we give up: with the waiting, about ten seconds. */
const FRUITLESS_MAX = 30;
/** So many may be of an unknown kind; more are a fault that does not pass. */
const INTERNAL_MAX = 5;

/** Of logs that are followed, and break off now and then: whether another try is worth it. */
export class LogBreaks {
  #count = 0;
  #fruitless = 0;

  /** @param hasCome whether anything came before this break */
  passes(error: unknown, hasCome: boolean): boolean {
    this.#count++;
    this.#fruitless = hasCome ? 0 : this.#fruitless + 1;
    if (this.#fruitless > FRUITLESS_MAX) return false;
    if (isRetryable(error)) return true;
    // A leader that is killed may leave its follower with a stream that ends in the middle, which counts as internal.
    return error instanceof SwarmError && error.code === "internal" && this.#count <= INTERNAL_MAX;
  }
}
