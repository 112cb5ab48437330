import { mustHave } from "../../shared/invariant.ts";
import { type Entry, entryBytes } from "../core/entry.ts";
import { INDEX_ZERO, indexPlus, type LogIndex, type Term } from "../ids.ts";
import { decodeEntries, encodeEntries } from "../wire/entries-codec.ts";
import { entriesBefore, entryKey } from "./keys.ts";
import type { Operation, RecordDatabase } from "./level-database.ts";
import type { RecordCodec } from "./record-codec.ts";

/** Entries in one record, in bytes: sealing this many takes about half a millisecond. */
const RECORD_BYTES_MAX = 1024 * 1024;

/**
 * Which entries are in which records. All entries of a write share one record, named after the first of them, because
 * sealing and storing a record is most of the cost of a small entry.
 *
 *     entry/5 [5 6 7]   entry/8 [8]   entry/9 [9 10]     each entry from the first to the last is in exactly one
 *
 * Calls are made one after another, each with the batch that its operations go into.
 */
export class EntryRecords {
  readonly #db: RecordDatabase;
  readonly #codec: RecordCodec;
  /** The first entry of each record, ascending. */
  #starts: LogIndex[] = [];
  #last: LogIndex = INDEX_ZERO;

  constructor(db: RecordDatabase, codec: RecordCodec) {
    this.#db = db;
    this.#codec = codec;
  }

  /** The last entry on disk. */
  get last(): LogIndex {
    return this.#last;
  }

  /** What a reader has found. */
  begin(starts: readonly LogIndex[], last: LogIndex): void {
    this.#starts = [...starts];
    this.#last = last;
  }

  /** Adds the operations that replace everything from the first of `entries` on. */
  async append(entries: readonly Entry[], operations: Operation[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    if (first.index <= this.#last) await this.#cutFrom(first.index, operations);
    for (let from = 0; from < entries.length; ) {
      const end = endOfRecord(entries, from);
      this.#put(entries.slice(from, end), operations);
      from = end;
    }
    this.#last = indexPlus(first.index, entries.length - 1);
  }

  /** Adds the operations that remove everything; the next entry follows `index`, a snapshot's. */
  removeAll(index: LogIndex, operations: Operation[]): void {
    for (const start of this.#starts) operations.push({ type: "del", key: entryKey(start) });
    this.#starts = [];
    this.#last = index;
  }

  /** null: it is in no record. */
  async termAt(index: LogIndex): Promise<Term | null> {
    const start = index > this.#last ? undefined : this.#starts.findLast((one) => one <= index);
    if (start === undefined) return null;
    return (await this.#read(start)).find((entry) => entry.index === index)?.term ?? null;
  }

  /** Removes the records whose entries are all compacted: that up to `base`. */
  async sweep(base: LogIndex): Promise<void> {
    const kept = this.#starts.findLastIndex((start) => start <= base + 1);
    // The record that holds `base` may hold entries after it; for the last record this is known.
    const from = kept === this.#starts.length - 1 && this.#last <= base ? this.#starts.length : Math.max(kept, 0);
    this.#starts = this.#starts.slice(from);
    await this.#db.clear(entriesBefore(this.#starts[0] ?? indexPlus(base, 1)));
  }

  /** Overwritten entries must not reappear after the new ones: their records are removed, or cut, in the same batch. */
  async #cutFrom(index: LogIndex, operations: Operation[]): Promise<void> {
    while ((this.#starts.at(-1) ?? 0) >= index) {
      operations.push({ type: "del", key: entryKey(mustHave(this.#starts.pop(), "a record")) });
    }
    const start = this.#starts.at(-1);
    if (start === undefined) return;
    const entries = await this.#read(start);
    if (start + entries.length <= index) return;
    this.#starts.pop();
    this.#put(
      entries.filter((entry) => entry.index < index),
      operations,
    );
  }

  #put(entries: readonly Entry[], operations: Operation[]): void {
    const start = mustHave(entries[0], "an entry").index;
    const key = entryKey(start);
    operations.push({ type: "put", key, value: this.#codec.seal(key, encodeEntries(entries)) });
    this.#starts.push(start);
  }

  async #read(start: LogIndex): Promise<readonly Entry[]> {
    const key = entryKey(start);
    return decodeEntries(this.#codec.open(key, mustHave(await this.#db.get(key), key)));
  }
}

/** At least one entry, and no more than fit. */
function endOfRecord(entries: readonly Entry[], from: number): number {
  let bytes = 0;
  let end = from;
  while (end < entries.length) {
    bytes += entryBytes(mustHave(entries[end], "an entry"));
    if (end > from && bytes > RECORD_BYTES_MAX) break;
    end++;
  }
  return end;
}
