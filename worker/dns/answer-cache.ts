import type { InstantMs } from "../../shared/ports/clock.ts";
import { CACHE_BYTES_MAX, CACHE_ENTRIES_MAX } from "./limits.ts";
import type { UpstreamAnswer } from "./upstream-message.ts";

const MS_PER_SECOND = 1_000;
/** Of an entry besides its message, about. */
const ENTRY_BYTES = 300;

interface Entry {
  readonly answer: UpstreamAnswer;
  readonly came: InstantMs;
  readonly bytes: number;
}

/** An answer, and for how long it has been here. */
export interface AgedAnswer {
  readonly answer: UpstreamAnswer;
  readonly ageSeconds: number;
}

/** Answers of other servers for as long as they say; when it is full, what was asked for longest ago goes first. */
export class AnswerCache {
  /** In the order in which they were last asked for. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, now: InstantMs): AgedAnswer | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    const ageMs = now - entry.came;
    this.#remove(key);
    if (ageMs >= entry.answer.keepSeconds * MS_PER_SECOND) return null;
    this.#add(key, entry);
    return { answer: entry.answer, ageSeconds: Math.floor(ageMs / MS_PER_SECOND) };
  }

  put(key: string, answer: UpstreamAnswer, now: InstantMs): void {
    this.#remove(key);
    if (answer.keepSeconds === 0) return;
    this.#add(key, { answer, came: now, bytes: answer.bytes.length + 2 * key.length + ENTRY_BYTES });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= CACHE_ENTRIES_MAX && this.#bytes <= CACHE_BYTES_MAX) break;
      this.#remove(oldest);
    }
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
