import { invariant } from "../../shared/invariant.ts";
import { INDEX_ZERO, indexPlus, type LogIndex, TERM_ZERO, type Term } from "../ids.ts";
import { type Entry, type EntryId, limitEntries } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";

/** Some dozens of small entries: what compaction leaves of a block is little, and one is made for many writes. */
const BLOCK_BYTES = 16 * 1024;

/** compacted: only the snapshot still knows. unavailable: beyond the end. */
export type Missing = "compacted" | "unavailable";

/** What the core may ask about the part of the log that is on disk. Synchronous: it is answered from memory. */
export interface LogReader {
  /** The oldest entry still there; lastIndex + 1 when there is none. */
  firstIndex(): LogIndex;
  lastIndex(): LogIndex;
  /** Also answers for firstIndex - 1, so that the check of the entry before the first works after a compaction. */
  term(index: LogIndex): Term | Missing;
  /** Entries in [low, high), as many as fit in `bytesMax` but at least one. */
  entries(low: LogIndex, high: LogIndex, bytesMax: number): readonly Entry[] | Missing;
  /** The newest snapshot; null = none is available at the moment. */
  snapshot(): Snapshot | null;
}

/**
 * The durable log's mirror in memory: the shell changes it right after the disk confirmed the same change.
 * It holds what compaction left, at most snapshotInterval + logEntriesForSlowFollowers entries in normal times.
 */
export class StableLog implements LogReader {
  /** The last compacted entry: its id is kept, its data is gone. */
  #base: EntryId;
  #entries: Entry[];
  #snapshot: Snapshot | null;
  readonly #bytes = new OwnBytes();

  constructor(
    base: EntryId = { term: TERM_ZERO, index: INDEX_ZERO },
    entries: readonly Entry[] = [],
    snapshot: Snapshot | null = null,
  ) {
    this.#base = base;
    this.#entries = [...entries];
    this.#snapshot = snapshot;
    entries.forEach((entry, at) => {
      invariant(entry.index === base.index + 1 + at, () => `a gap in the log before entry ${entry.index}`);
    });
  }

  /** Its whole content, from which a new log could be made. */
  get contents(): { readonly base: EntryId; readonly entries: readonly Entry[]; readonly snapshot: Snapshot | null } {
    return { base: this.#base, entries: [...this.#entries], snapshot: this.#snapshot };
  }

  firstIndex(): LogIndex {
    return indexPlus(this.#base.index, 1);
  }

  lastIndex(): LogIndex {
    return indexPlus(this.#base.index, this.#entries.length);
  }

  term(index: LogIndex): Term | Missing {
    if (index < this.#base.index) return "compacted";
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term ?? "unavailable";
  }

  entries(low: LogIndex, high: LogIndex, bytesMax: number): readonly Entry[] | Missing {
    if (low <= this.#base.index) return "compacted";
    if (high > this.lastIndex() + 1) return "unavailable";
    return limitEntries(this.#slice(low, high, bytesMax), bytesMax);
  }

  snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  /** Entries that are on disk now. They replace whatever was there from the first of them on. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    invariant(first.index > this.#base.index, "an append reaches into the compacted log");
    invariant(first.index <= this.lastIndex() + 1, () => `a gap in the log before entry ${first.index}`);
    this.#entries.length = first.index - this.#base.index - 1;
    for (const entry of this.#bytes.keep(entries)) this.#entries.push(entry);
  }

  /** A received snapshot is on disk now; it replaces the whole log. */
  install(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#base = { term: snapshot.meta.term, index: snapshot.meta.index };
    this.#entries = [];
  }

  /** A snapshot of our own state machine is on disk now. An older one than the present is ignored. */
  setSnapshot(snapshot: Snapshot): void {
    if (this.#snapshot !== null && snapshot.meta.index < this.#snapshot.meta.index) return;
    this.#snapshot = snapshot;
  }

  /** Forgets the entries up to and including `index`, which must be in the log; what is compacted already stays so. */
  compact(index: LogIndex): void {
    if (index <= this.#base.index) return;
    const term = this.term(index);
    invariant(typeof term === "number", () => `compacting to ${index}, beyond the last entry ${this.lastIndex()}`);
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { term, index };
  }

  /** Skips entries that could not fit anyway: each costs at least one byte. */
  #slice(low: LogIndex, high: LogIndex, bytesMax: number): readonly Entry[] {
    const start = low - this.#base.index - 1;
    const count = Math.min(high - low, Math.max(1, Math.min(bytesMax, high - low)));
    return this.#entries.slice(start, start + count);
  }
}

/**
 * Memory for the data of entries, in which nothing else is. Data comes as a piece of what it was encoded or received
 * in, 64 KiB of an allocator's pool or of a connection, and each entry that is kept would keep all of that. Entries
 * share a block with those before and after them, which are compacted together with them.
 */
class OwnBytes {
  #block = Buffer.alloc(0);
  #used = 0;

  /** The same entries, with their data in here. */
  keep(entries: readonly Entry[]): readonly Entry[] {
    return entries.map((entry) => (entry.kind === "normal" ? { ...entry, data: this.#copyOf(entry.data) } : entry));
  }

  #copyOf(data: Uint8Array): Buffer {
    if (data.length > this.#block.length - this.#used) {
      // Not from the pool, and a Buffer as it was: decoders are faster with those.
      this.#block = Buffer.allocUnsafeSlow(Math.max(data.length, BLOCK_BYTES));
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + data.length);
    copy.set(data);
    this.#used += data.length;
    return copy;
  }
}
