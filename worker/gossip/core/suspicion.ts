import type { InstantMs } from "../../../shared/ports/clock.ts";
import { suspicionLeftMs } from "./formulas.ts";

export interface SuspicionOptions {
  /** The first accuser, who does not count as a confirmation. */
  readonly accuser: string;
  readonly confirmationsWanted: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly nowMs: InstantMs;
  /** Whether the suspect should be asked before the verdict. */
  readonly asksSuspect: boolean;
}

/** One running suspicion: when it turns into a death unless refuted, and who shares it. */
export class Suspicion {
  readonly #options: SuspicionOptions;
  readonly #accusers: Set<string>;
  #startMs: InstantMs;
  #confirmations = 0;
  /** Whether the suspect itself was asked before the verdict; set by Rumours, and only for suspicions of our own. */
  isAsked: boolean;

  constructor(options: SuspicionOptions) {
    this.#options = options;
    this.#accusers = new Set([options.accuser]);
    this.#startMs = options.nowMs;
    this.isAsked = !options.asksSuspect;
  }

  /** Whether this is news: another accuser, and not yet enough of them. */
  maybeConfirm(accuser: string): boolean {
    if (this.#confirmations >= this.#options.confirmationsWanted || this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    this.#confirmations++;
    return true;
  }

  /** Whether others were expected to share it and do not. */
  get isLonely(): boolean {
    return this.#confirmations < this.#options.confirmationsWanted;
  }

  /** Another member is sure: only the minimum is left. */
  confirmAll(): void {
    this.#confirmations = this.#options.confirmationsWanted;
  }

  /** When to declare the member dead; comes closer with confirmations. */
  get deadlineMs(): InstantMs {
    const { confirmationsWanted, minMs, maxMs } = this.#options;
    return this.#startMs + suspicionLeftMs(this.#confirmations, confirmationsWanted, 0, minMs, maxMs);
  }

  /** Time that did not pass for us (a stall) gives the suspect no less of a chance. */
  postpone(byMs: number): void {
    this.#startMs += byMs;
  }
}
