import type { Clock, InstantMs } from "./ports/clock.ts";

export interface TimeSlicesOptions {
  readonly clock: Clock;
  /** How long the event loop is held at most, but for one step, in milliseconds. */
  readonly sliceMs: number;
  /** Whose work it is, for timers. */
  readonly label: string;
}

/**
 * Cuts long work into slices, so that heartbeats, proposals and other people's work are handled between them. All who
 * share an event loop share its turns: a commit wakes ten loops at once, and ten slices in one turn would hold up the
 * others as one long one does.
 */
export class TimeSlices {
  readonly #options: TimeSlicesOptions;
  readonly #turn: Turn;

  constructor(options: TimeSlicesOptions) {
    this.#options = options;
    this.#turn = turnOf(options.clock);
  }

  /** Asked before each small step: most need not wait at all, not even for a microtask. */
  get isUsedUp(): boolean {
    return this.#turn.usedMs() >= this.#options.sliceMs;
  }

  /** Lets others go first. @throws the signal's reason when aborted. */
  rest(signal?: AbortSignal): Promise<void> {
    return this.#turn.wait(this.#options.label, signal);
  }
}

/** The present turn of an event loop, and who waits for one of his own. */
class Turn {
  readonly #clock: Clock;
  /** When somebody first worked in this turn. */
  #beganMs: InstantMs | null = null;
  /** In the order in which they came: each has a turn for himself. */
  readonly #waiting = new Set<() => void>();
  #isEnding = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  usedMs(): number {
    const nowMs = this.#clock.now();
    if (this.#beganMs === null) {
      this.#beganMs = nowMs;
      this.#endSoon("time slices: end of a turn");
    }
    return nowMs - this.#beganMs;
  }

  wait(label: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const onTurn = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(onTurn);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(onTurn);
      this.#endSoon(label);
    });
  }

  #endSoon(label: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#clock.schedule(0, label, () => this.#end());
  }

  /** What came while this turn lasted goes before those who wait: they go on in a turn after it. */
  #end(): void {
    this.#beganMs = null;
    if (this.#waiting.size === 0) this.#isEnding = false;
    else this.#clock.schedule(0, "time slices: next in line", () => this.#letOneGo());
  }

  #letOneGo(): void {
    this.#isEnding = false;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#beganMs = this.#clock.now();
    this.#endSoon("time slices: end of a turn");
    next();
  }
}

/** A clock is one for each event loop, and for each simulated world. */
const turns = new WeakMap<Clock, Turn>();

function turnOf(clock: Clock): Turn {
  let turn = turns.get(clock);
  if (turn === undefined) {
    turn = new Turn(clock);
    turns.set(clock, turn);
  }
  return turn;
}
