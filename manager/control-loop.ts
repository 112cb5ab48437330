import { type BackoffOptions, backoffMs } from "../shared/backoff.ts";
import { Bell } from "../shared/bell.ts";
import { isRetryable, messageOf, SwarmError } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, type InstantMs, sleep } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";
import { TimeSlices } from "../shared/time-slices.ts";
import type { Change, ReadView, Store } from "./store/store-types.ts";
import { TroubleBook, troubleSentence } from "./trouble.ts";

/** What every control loop of the leader works with. */
export interface LoopDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Asks for another look at `key` after `delayMs`, whether or not anything changes before then. */
export type LookAgain<Key> = (key: Key, delayMs: number) => void;

/** A level-triggered loop: `reconcile` compares wanted and actual state for a key; changes only say where to look. */
export interface ControlLoop<Key extends string> {
  readonly name: string;
  /**
   * "object": each key stands for one object, and a fault stays with it. "everything": the only key stands for all
   * objects; the loop isolates objects itself, so a pass that throws is a fault of the loop.
   */
  readonly scope: "object" | "everything";
  /** A pass starts when nothing has been marked for this long ... */
  readonly quietMs: number;
  /** ... or this long after the first mark, whichever comes first. */
  readonly delayMsMax: number;
  /** All keys: looked at when the loop starts and after a resync. */
  everything(view: ReadView): Iterable<Key>;
  /** The keys for which a change may alter the outcome. Too many cost time, too few are a bug. */
  concerned(change: Change, view: ReadView): Iterable<Key>;
  /** One pass for one key; keys marked together run concurrently. For what it throws, see runControlLoop. */
  reconcile(key: Key, lookAgain: LookAgain<Key>): Promise<void>;
  /** Shows on the key's object, in a sentence, what its pass threw; "" (after every good pass) clears it. */
  showTrouble?(key: Key, sentence: string): Promise<void>;
}

/** Delay after a temporary fault: a lost proposal, or leadership that is just ending. */
export const PASS_RETRY: BackoffOptions = { baseMs: 20, maxMs: 1000 };

/**
 * Work of control loops is cut into slices of this length, in milliseconds, and all loops share the turns of the event
 * loop: with one step more than that, nobody waits 10 ms for the leader because of its loops.
 */
export const PASS_SLICE_MS = 5;

/**
 * How many passes over everything may throw in a row before the loop gives up, and with it this manager's leadership.
 */
export const PASS_FAILURES_MAX = 5;

/**
 * Runs the loop until the signal: a full pass first, then whatever commits and timers mark, one pass at a time.
 * Passes with retryable faults (unavailable, aborted) are repeated: if leadership is being lost the signal comes soon,
 * and if it does not come the fault was temporary. Anything else that a pass throws is attributed to its object: it is
 * logged, shown on the object and retried with backoff, while the loop goes on with the others.
 * @throws SwarmError internal when passes over everything fail again and again.
 */
export async function runControlLoop<Key extends string>(
  loop: ControlLoop<Key>,
  deps: LoopDeps,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, random, log } = deps;
  using agenda = new Agenda<Key>(loop, clock);
  const pass = passOf(loop, deps, agenda, signal);
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
      const outcomes = await Promise.allSettled(await startAll(keys, pass, loop.name, clock));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryable(error)) throw error;
      log.debug(`${loop.name} repeats a pass`, { error: messageOf(error), failures });
      agenda.mark(keys);
      await sleep(clock, backoffMs(failures++, PASS_RETRY, random), `${loop.name}: retry`, signal).catch(() => {});
    }
  }
}

/** Takes all steps, in slices. Returns early when the signal aborts. */
export async function takeStepsInSlices(
  steps: Iterator<void>,
  { clock, label }: { readonly clock: Clock; readonly label: string },
  signal: AbortSignal,
): Promise<void> {
  const slices = new TimeSlices({ clock, sliceMs: PASS_SLICE_MS, label });
  while (!signal.aborted && steps.next().done !== true) {
    if (slices.isUsedUp) await slices.rest(signal).catch(() => {});
  }
}

/** Starts a pass for each key, in slices: the part before a pass first waits is what holds the event loop. */
async function startAll<Key>(
  keys: Iterable<Key>,
  pass: (key: Key) => Promise<void>,
  name: string,
  clock: Clock,
): Promise<readonly Promise<void>[]> {
  const slices = new TimeSlices({ clock, sliceMs: PASS_SLICE_MS, label: `${name}: let others go on` });
  const started: Promise<void>[] = [];
  for (const key of keys) {
    // Before the first one, too: the commit that woke this loop may have woken others.
    if (slices.isUsedUp) await slices.rest();
    const running = pass(key);
    // Whoever waits for all of them hears of it; until then it is not unheard.
    running.catch(() => {});
    started.push(running);
  }
  return started;
}

/** One key's pass; rejects only with what concerns the whole loop. */
function passOf<Key extends string>(
  loop: ControlLoop<Key>,
  { log, random }: LoopDeps,
  agenda: Agenda<Key>,
  signal: AbortSignal,
): (key: Key) => Promise<void> {
  const troubles = new TroubleBook(log, random);
  let failedInARow = 0;
  return async (key) => {
    try {
      await loop.reconcile(key, (other, delayMs) => agenda.markLater(other, delayMs));
      // Every time, since an earlier leader may have written something.
      await loop.showTrouble?.(key, "");
      troubles.succeeded(key);
      failedInARow = 0;
    } catch (error) {
      if (signal.aborted || isRetryable(error)) throw error;
      agenda.hold(key, troubles.failed({ about: key, error }));
      if (loop.scope === "everything" && ++failedInARow >= PASS_FAILURES_MAX) {
        const sentence = `${loop.name} failed ${failedInARow} times in a row: ${messageOf(error)}`;
        throw new SwarmError("internal", sentence, { cause: error });
      }
      await loop.showTrouble?.(key, troubleSentence(error)).catch((late: unknown) => {
        if (isRetryable(late)) throw late;
        log.error("could not record the trouble of an object", { about: key, error: messageOf(late) });
      });
    }
  };
}

/** What a loop has to look at, and when. */
class Agenda<Key extends string> implements Disposable {
  readonly #loop: ControlLoop<Key>;
  readonly #clock: Clock;
  readonly #bell = new Bell();
  readonly #timers = new Map<Key, { readonly atMs: InstantMs; readonly timer: Disposable }>();
  /** Keys that are left alone until the given time, even if something marks them. */
  readonly #held = new Set<Key>();
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
      if (this.#held.has(key)) continue;
      this.#lastMs = this.#clock.now();
      if (this.#dirty.size === 0) this.#firstMs = this.#lastMs;
      this.#dirty.add(key);
    }
    if (this.#dirty.size > 0) this.#bell.ring();
  }

  /** Marks a key without waiting for quiet. */
  markNow(keys: Iterable<Key>): void {
    this.mark(keys);
    this.#urgent = this.#dirty.size > 0;
  }

  /** Leaves the key alone for this long, then marks it. */
  hold(key: Key, delayMs: number): void {
    this.#held.add(key);
    this.#dirty.delete(key);
    this.#timers.get(key)?.timer[Symbol.dispose]();
    this.#timers.delete(key);
    this.#schedule(key, delayMs);
  }

  markLater(key: Key, delayMs: number): void {
    // It will be looked at when its delay is over, which is soon enough.
    if (this.#held.has(key)) return;
    const atMs = this.#clock.now() + delayMs;
    const present = this.#timers.get(key);
    if (present !== undefined && present.atMs <= atMs) return;
    present?.timer[Symbol.dispose]();
    this.#schedule(key, delayMs);
  }

  #schedule(key: Key, delayMs: number): void {
    const atMs = this.#clock.now() + delayMs;
    const timer = this.#clock.schedule(delayMs, `${this.#loop.name}: look again`, () => {
      this.#timers.delete(key);
      this.#held.delete(key);
      this.mark([key]);
    });
    this.#timers.set(key, { atMs, timer });
  }

  /** Waits until something is marked and no more marks arrive, then takes the marks. */
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
