import { Bell } from "../../../shared/bell.ts";
import type { Clock, WallMs } from "../../../shared/ports/clock.ts";
import type { HostEvent } from "../../../shared/rpc/gen/containers.ts";

/** Events that are kept for whoever asks later: a busy host's last minutes, in about 1 MB. */
export const EVENTS_MAX = 4_096;
/** Places that one millisecond of the daemon's start has, so that the next daemon's are higher. */
const PLACES_PER_MS = 1_000;

export interface EventQuery {
  /** 0 = from now on. */
  readonly sinceMs: WallMs;
  /** Behind this place; 0 = see `sinceMs`. */
  readonly after: number;
}

/** What happened on this host, bounded: who reads slowly is told what was missed, and holds nobody up. */
export class EventLog {
  readonly #clock: Clock;
  readonly #events: HostEvent[] = [];
  /** One for each reader. */
  readonly #bells = new Set<Bell>();
  #next: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#next = clock.wallNow() * PLACES_PER_MS + 1;
  }

  /** Something happened, in Docker's words: `note("container", "die", ID, {name, image, exitCode})`. */
  note(type: string, action: string, actor: string, attributes: Readonly<Record<string, string>>): void {
    const timeMs = this.#clock.wallNow();
    this.#events.push({ place: this.#next++, timeMs, type, action, actor, attributes, missed: false });
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
    for (const bell of this.#bells) bell.ring();
  }

  /** Those that match, then those to come until the signal aborts; resolves then. */
  async read(query: EventQuery, signal: AbortSignal, send: (event: HostEvent) => Promise<void>): Promise<void> {
    const bell = new Bell();
    this.#bells.add(bell);
    try {
      const first = query.sinceMs > 0 ? this.#events.find(({ timeMs }) => timeMs >= query.sinceMs) : undefined;
      let place = query.after > 0 ? query.after : (first?.place ?? this.#next) - 1;
      while (!signal.aborted) {
        const event = this.#events.find((each) => each.place > place);
        if (event === undefined) {
          await bell.next(signal);
          continue;
        }
        // Places follow each other: a gap is what was forgotten, or what an earlier daemon took with it.
        const missed = event.place > place + 1;
        place = event.place;
        await send(missed ? { ...event, missed } : event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#bells.delete(bell);
    }
  }
}
