import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { isRetryable, messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { Random } from "../shared/ports/random.ts";

/**
 * Faults that belong to one object. Whatever one service, task or node does to a loop of the leader must not keep the
 * loop from the others, and must not cost the leadership: the next leader would meet the same object.
 */
export interface Trouble {
  /** The object, for people: `service abc`. */
  readonly about: string;
  readonly error: unknown;
}

/**
 * Between two tries of an object after a failure. People who fix the object wait no longer than this for the effect.
 */
export const TROUBLE_RETRY: BackoffOptions = { baseMs: 250, maxMs: 10_000 };

/** What people read on an object that made a loop throw. */
export function troubleSentence(error: unknown): string {
  return `internal error: ${messageOf(error)} (the leading manager's log has the details)`;
}

/**
 * `look`'s answer for one of several objects; when it throws, the trouble is noted and `otherwise` is the answer.
 * @throws retryable errors: they concern the leadership, not the object.
 */
export function isolate<T>(troubles: Trouble[], about: string, look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (isRetryable(error)) throw error;
    troubles.push({ about, error });
    return otherwise;
  }
}

/**
 * Counts and logs the faults of one loop's objects: each once, with its stack, and again only when it is a different
 * fault.
 */
export class TroubleBook {
  readonly #log: Logger;
  readonly #random: Random;
  readonly #known = new Map<string, { readonly sentence: string; readonly tries: number }>();

  constructor(log: Logger, random: Random) {
    this.#log = log;
    this.#random = random;
  }

  /** @returns milliseconds until the object is worth another try. */
  failed({ about, error }: Trouble): number {
    const sentence = messageOf(error);
    const known = this.#known.get(about);
    const tries = (known?.tries ?? 0) + 1;
    if (known?.sentence !== sentence) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#log.error("a control loop failed over one object; the others are not affected", {
        about,
        error: sentence,
        stack,
      });
    }
    this.#known.set(about, { sentence, tries });
    return backoffMs(tries - 1, TROUBLE_RETRY, this.#random);
  }

  succeeded(about: string): void {
    const known = this.#known.get(about);
    if (known === undefined) return;
    this.#known.delete(about);
    this.#log.info("a control loop no longer fails over an object", { about, tries: known.tries });
  }

  /**
   * The troubles of a whole pass; those not among them are over. @returns milliseconds until another pass is
   * worthwhile; null without troubles.
   */
  pass(troubles: readonly Trouble[]): number | null {
    const abouts = new Set(troubles.map(({ about }) => about));
    for (const about of [...this.#known.keys()]) if (!abouts.has(about)) this.succeeded(about);
    const first = new Map(troubles.toReversed().map((trouble) => [trouble.about, trouble]));
    const waits = [...first.values()].map((trouble) => this.failed(trouble));
    return waits.length === 0 ? null : Math.min(...waits);
  }
}
