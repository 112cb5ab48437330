import type { Clock } from "../../shared/ports/clock.ts";
import type { Owed, Session } from "./session.ts";

/** Sessions woken in one turn of the event loop. Each compares, encodes and writes at once: some 60 µs. */
export const WAKE_SLICE = 64;

/**
 * Wakes sessions, some at a time, so that a change which concerns a thousand hosts does not hold the leader's event
 * loop. Those whose own tasks changed come first.
 */
export class WakeQueue implements Disposable {
  readonly #clock: Clock;
  #waiting = new Map<Session, Owed>();
  #turn: Disposable | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  [Symbol.dispose](): void {
    this.#turn?.[Symbol.dispose]();
    this.#waiting.clear();
  }

  add(wakes: readonly (readonly [Session, Owed])[]): void {
    const first = wakes.filter(([, owed]) => owed.assignments);
    const later = wakes.filter(([, owed]) => !owed.assignments);
    for (const [session, owed] of [...first, ...later]) {
      const known = this.#waiting.get(session);
      this.#waiting.set(session, known === undefined ? owed : both(known, owed));
    }
    if (this.#turn === null) this.#wakeSome();
  }

  #wakeSome(): void {
    this.#turn = null;
    let count = 0;
    for (const [session, owed] of this.#waiting) {
      if (count++ === WAKE_SLICE) break;
      this.#waiting.delete(session);
      session.lookAgain(owed);
    }
    if (this.#waiting.size === 0) return;
    this.#turn = this.#clock.schedule(0, "dispatcher: wake more sessions", () => this.#wakeSome());
  }
}

function both(a: Owed, b: Owed): Owed {
  return {
    clusterView: a.clusterView || b.clusterView,
    assignments: a.assignments || b.assignments,
    tables: a.tables || b.tables,
  };
}
