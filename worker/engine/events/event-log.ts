import { Bell } from "../../../shared/bell.ts";
import { mustHave } from "../../../shared/invariant.ts";
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
  /** A ring, so that an event costs the same however many are kept: see `#at`. */
  readonly #events: HostEvent[] = [];
  /** One for each reader. */
  readonly #bells = new Set<Bell>();
  /** The place of the first event. Places follow each other: a gap is what an earlier daemon took with it. */
  readonly #first: number;
  #next: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#first = clock.wallNow() * PLACES_PER_MS + 1;
    this.#next = this.#first;
  }

  /** Something happened, in Docker's words: `note("container", "die", ID, {name, image, exitCode})`. */
  note(type: string, action: string, actor: string, attributes: Readonly<Record<string, string>>): void {
    const timeMs = this.#clock.wallNow();
    const place = this.#next++;
    this.#events[this.#at(place)] = { place, timeMs, type, action, actor, attributes, missed: false };
    for (const bell of this.#bells) bell.ring();
  }

  /** Those that match, then those to come until the signal aborts; resolves then. */
  async read(query: EventQuery, signal: AbortSignal, send: (event: HostEvent) => Promise<void>): Promise<void> {
    const bell = new Bell();
    this.#bells.add(bell);
    try {
      let seen = query.after > 0 ? query.after : this.#firstSince(query.sinceMs) - 1;
      while (!signal.aborted) {
        const place = Math.max(seen + 1, this.#oldest);
        if (place >= this.#next) {
          await bell.next(signal);
          continue;
        }
        const event = mustHave(this.#events[this.#at(place)], `the event at place ${place}`);
        const missed = place > seen + 1;
        seen = place;
        await send(missed ? { ...event, missed } : event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#bells.delete(bell);
    }
  }

  /** The place of the oldest event that is kept, or of the next one when there is none. */
  get #oldest(): number {
    return Math.max(this.#first, this.#next - EVENTS_MAX);
  }

  /** 0 = from now on. */
  #firstSince(sinceMs: WallMs): number {
    if (sinceMs <= 0) return this.#next;
    let place = this.#oldest;
    while (place < this.#next && (this.#events[this.#at(place)]?.timeMs ?? 0) < sinceMs) place++;
    return place;
  }

  /** Where in the ring the event of a place is, until a later one takes its room. */
  #at(place: number): number {
    return (place - this.#first) % EVENTS_MAX;
  }
}
