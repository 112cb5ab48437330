import { SwarmError } from "../../shared/errors.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import { NO_LEADER } from "../../shared/rpc/not-leader.ts";
import type { ReadState } from "../core/raft-state.ts";
import type { LogIndex } from "../ids.ts";
import { READ_RETRY_MS, READ_TIMEOUT_MS } from "./timing.ts";

interface Barrier {
  readonly resolve: () => void;
  readonly reject: (error: SwarmError) => void;
  readonly since: InstantMs;
}

interface Round {
  readonly barriers: readonly Barrier[];
  readonly askedAt: InstantMs;
}

/**
 * Reads that are waiting to be asked, to be confirmed, or to be applied. All that come in one turn share one question.
 */
export class ReadBarriers {
  readonly #clock: Clock;
  /** Only its own: a token of an earlier life of this process must not answer a read of this one. */
  #nextToken: number;
  #unasked: Barrier[] = [];
  #asked = new Map<number, Round>();
  #confirmed: { readonly index: LogIndex; readonly barriers: readonly Barrier[] }[] = [];

  constructor(clock: Clock, firstToken: number) {
    this.#clock = clock;
    this.#nextToken = firstToken;
  }

  add(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#unasked.push({ resolve, reject, since: this.#clock.now() });
    });
  }

  /** Some read has to be asked about again if nothing comes. */
  get isWaiting(): boolean {
    return this.#asked.size > 0 || this.#unasked.length > 0;
  }

  /**
   * Asks about every read that has not been asked yet, or whose answer is overdue. `ask` returns false when there is no
   * leader.
   */
  askAll(ask: (token: number) => boolean): void {
    const now = this.#clock.now();
    for (const [token, round] of this.#asked) {
      if (now - round.askedAt < READ_RETRY_MS) continue;
      // The message or its answer was lost. A late answer to the old question is of no use: nothing is waiting under
      // its token.
      this.#asked.delete(token);
      this.#unasked.push(...round.barriers);
    }
    this.#refuseOverdue(now);
    if (this.#unasked.length === 0) return;
    const token = this.#nextToken++;
    if (!ask(token)) return;
    this.#asked.set(token, { barriers: this.#unasked, askedAt: now });
    this.#unasked = [];
  }

  onReadStates(states: readonly ReadState[]): void {
    for (const { token, index } of states) {
      const round = this.#asked.get(token);
      if (round === undefined) continue;
      this.#asked.delete(token);
      this.#confirmed.push({ index, barriers: round.barriers });
    }
  }

  onApplied(applied: LogIndex): void {
    if (this.#confirmed.length === 0) return;
    const ready = this.#confirmed.filter(({ index }) => index <= applied);
    this.#confirmed = this.#confirmed.filter(({ index }) => index > applied);
    for (const { barriers } of ready) for (const barrier of barriers) barrier.resolve();
  }

  abort(error: SwarmError): void {
    const waiting = [
      ...this.#unasked,
      ...[...this.#asked.values(), ...this.#confirmed].flatMap((round) => round.barriers),
    ];
    this.#unasked = [];
    this.#asked.clear();
    this.#confirmed = [];
    for (const barrier of waiting) barrier.reject(error);
  }

  #refuseOverdue(now: InstantMs): void {
    const overdue = this.#unasked.filter(({ since }) => now - since >= READ_TIMEOUT_MS);
    if (overdue.length === 0) return;
    this.#unasked = this.#unasked.filter(({ since }) => now - since < READ_TIMEOUT_MS);
    for (const barrier of overdue) barrier.reject(noLeader());
  }
}

export function noLeader(): SwarmError {
  return new SwarmError("unavailable", NO_LEADER);
}
