import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { Bell } from "../shared/bell.ts";
import { isRetryable, messageOf } from "../shared/errors.ts";
import { InvariantError } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, type InstantMs, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import type { Change, ReadView, Store } from "./store/store-types.ts";

/** What every control loop of the leader stands on. */
export interface LoopDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Asks for another look at `key` after `delayMs`, whether or not anything changes until then. */
export type LookAgain<Key> = (key: Key, delayMs: number) => void;

/** A level-triggered loop: `reconcile` compares wanted and actual for some keys; changes only say where to look. */
export interface ControlLoop<Key> {
  readonly name: string;
  /** A pass starts when nothing was marked for so long ... */
  readonly quietMs: number;
  /** ... or at the latest so long after the first mark. */
  readonly delayMsMax: number;
  /** Every key there is: looked at when the loop starts and after a resync. */
  everything(view: ReadView): Iterable<Key>;
  /** The keys whose outcome a change may alter. Too many cost time, too few are a bug. */
  concerned(change: Change, view: ReadView): Iterable<Key>;
  /** One pass. Throwing a retryable fault repeats it for the same keys; any other error ends the loop with it. */
  reconcile(keys: ReadonlySet<Key>, lookAgain: LookAgain<Key>): Promise<void>;
}

/** Between passes that met a passing fault: a lost proposal, or leadership that is just ending. */
export const PASS_RETRY: BackoffOptions = { baseMs: 20, maxMs: 1000 };

/**
 * Runs the loop until the signal: a full pass first, then whatever commits and timers mark, one pass at a time.
 * Retryable faults (unavailable, aborted) are repeated: while leadership is being lost the signal comes soon, and if
 * it does not come the fault was passing.
 * @throws whatever else a pass throws, InvariantError above all.
 */
export async function runControlLoop<Key>(loop: ControlLoop<Key>, deps: LoopDeps, signal: AbortSignal): Promise<void> {
  const { store, clock, random, log } = deps;
  using agenda = new Agenda<Key>(loop, clock);
  using _subscription = store.subscribe((commit) => {
    const view = store.view();
    if (commit.resync) agenda.mark(loop.everything(view));
    else for (const change of commit.changes) agenda.mark(loop.concerned(change, view));
  });
  agenda.markNow(loop.everything(store.view()));
  let failures = 0;
  while (!signal.aborted) {
    let keys: ReadonlySet<Key> = new Set();
    try {
      keys = await agenda.next(signal);
      await loop.reconcile(keys, (key, delayMs) => agenda.markLater(key, delayMs));
      failures = 0;
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      if (signal.aborted) return;
      if (!isRetryable(error)) throw error;
      log.debug(`${loop.name} repeats a pass`, { error: messageOf(error), failures });
      agenda.mark(keys);
      await sleep(clock, backoffMs(failures++, PASS_RETRY, random), `${loop.name}: retry`, signal).catch(() => {});
    }
  }
}

/** What a loop has to look at, and when. */
class Agenda<Key> implements Disposable {
  readonly #loop: ControlLoop<Key>;
  readonly #clock: Clock;
  readonly #bell = new Bell();
  readonly #timers = new Map<Key, { readonly atMs: InstantMs; readonly timer: Disposable }>();
  #dirty = new Set<Key>();
  #firstMs: InstantMs = 0;
  #lastMs: InstantMs = 0;
  #urgent = false;

  constructor(loop: ControlLoop<Key>, clock: Clock) {
    this.#loop = loop;
    this.#clock = clock;
  }

  mark(keys: Iterable<Key>): void {
    for (const key of keys) {
      this.#lastMs = this.#clock.now();
      if (this.#dirty.size === 0) this.#firstMs = this.#lastMs;
      this.#dirty.add(key);
    }
    if (this.#dirty.size > 0) this.#bell.ring();
  }

  /** Marks without waiting for quiet. */
  markNow(keys: Iterable<Key>): void {
    this.mark(keys);
    this.#urgent = this.#dirty.size > 0;
  }

  markLater(key: Key, delayMs: number): void {
    const atMs = this.#clock.now() + delayMs;
    const present = this.#timers.get(key);
    if (present !== undefined && present.atMs <= atMs) return;
    present?.timer[Symbol.dispose]();
    const timer = this.#clock.schedule(delayMs, `${this.#loop.name}: look again`, () => {
      this.#timers.delete(key);
      this.mark([key]);
    });
    this.#timers.set(key, { atMs, timer });
  }

  /** Waits until something is marked and the marks have come to rest, and takes them. */
  async next(signal: AbortSignal): Promise<ReadonlySet<Key>> {
    while (this.#dirty.size === 0) await this.#bell.next(signal);
    while (!this.#urgent) {
      const atMs = Math.min(this.#lastMs + this.#loop.quietMs, this.#firstMs + this.#loop.delayMsMax);
      const waitMs = atMs - this.#clock.now();
      if (waitMs <= 0) break;
      await sleep(this.#clock, waitMs, `${this.#loop.name}: quiet`, signal);
    }
    const keys = this.#dirty;
    this.#dirty = new Set();
    this.#urgent = false;
    return keys;
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }
}
