import { invariant } from "../../shared/invariant.ts";
import { indexMax, indexMin, indexPlus, type LogIndex, type Term } from "../ids.ts";
import type { Entry, EntryId } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TraceSink } from "./trace.ts";

/**
 * The tail of the log, and a received snapshot, that are not known to be on disk.
 *
 * 1. `entries[i]` has index `offset + i`; everything below `offset` is durable or in the snapshot.
 * 2. offset <= offsetInProgress <= offset + entries.length: everything below it has been handed out for writing.
 * 3. A list that was handed out is never changed afterwards; a new one takes its place.
 */
export class Unstable {
  offset: LogIndex;
  offsetInProgress: LogIndex;
  entries: readonly Entry[] = [];
  snapshot: Snapshot | null = null;
  snapshotInProgress = false;
  readonly #trace: TraceSink;

  constructor(offset: LogIndex, trace: TraceSink) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.#trace = trace;
  }

  /** The whole log is durable. */
  get isEmpty(): boolean {
    return this.entries.length === 0 && this.snapshot === null;
  }

  /** null: the unstable part does not determine where the log ends. */
  maybeLastIndex(): LogIndex | null {
    if (this.entries.length > 0) return indexPlus(this.offset, this.entries.length - 1);
    return this.snapshot?.meta.index ?? null;
  }

  maybeTerm(index: LogIndex): Term | null {
    if (index < this.offset) return this.snapshot?.meta.index === index ? this.snapshot.meta.term : null;
    return this.entries[index - this.offset]?.term ?? null;
  }

  /** Not yet handed out. */
  nextEntries(): readonly Entry[] {
    return this.entries.slice(this.offsetInProgress - this.offset);
  }

  nextSnapshot(): Snapshot | null {
    return this.snapshotInProgress ? null : this.snapshot;
  }

  /** Everything has been handed out for writing. */
  acceptInProgress(): void {
    if (this.entries.length > 0) this.offsetInProgress = indexPlus(this.offset, this.entries.length);
    if (this.snapshot !== null) this.snapshotInProgress = true;
  }

  /**
   * The write up to `id` is durable. It counts only if that entry is still the one we hold: it may have been
   * overwritten in a later term while the write was under way, and the write of its successor is still to come.
   */
  stableTo(id: EntryId): void {
    const term = this.maybeTerm(id.index);
    if (term === null) {
      this.#trace({ kind: "stableEntryMissing", index: id.index });
      return;
    }
    if (id.index < this.offset) {
      this.#trace({ kind: "stableEntryIsSnapshot", index: id.index });
      return;
    }
    if (term !== id.term) {
      this.#trace({ kind: "stableEntryOverwritten", stable: id, held: { term, index: id.index } });
      return;
    }
    this.entries = this.entries.slice(id.index + 1 - this.offset);
    this.offset = indexPlus(id.index, 1);
    this.offsetInProgress = indexMax(this.offsetInProgress, this.offset);
  }

  stableSnapshotTo(index: LogIndex): void {
    if (this.snapshot?.meta.index !== index) return;
    this.snapshot = null;
    this.snapshotInProgress = false;
  }

  /** A received snapshot replaces everything up to its index, and nothing follows it. */
  restore(snapshot: Snapshot): void {
    this.offset = indexPlus(snapshot.meta.index, 1);
    this.offsetInProgress = this.offset;
    this.entries = [];
    this.snapshot = snapshot;
    this.snapshotInProgress = false;
  }

  /** Puts `entries` (not empty) in their place; what was there from the first of them on is gone. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const from = (entries[0] as Entry).index;
    const end = this.offset + this.entries.length;
    invariant(from <= end, () => `a gap in the unstable log: it ends at ${end}, entry ${from} follows`);
    if (from === end) {
      this.entries = this.entries.length === 0 ? entries : this.entries.concat(entries);
      return;
    }
    if (from <= this.offset) {
      this.#trace({ kind: "unstableReplaced", from });
      this.entries = entries;
      this.offset = from;
      this.offsetInProgress = from;
      return;
    }
    this.#trace({ kind: "unstableTruncated", from });
    this.entries = this.entries.slice(0, from - this.offset).concat(entries);
    // What was handed out beyond here has to be written again.
    this.offsetInProgress = indexMin(this.offsetInProgress, from);
  }

  slice(low: LogIndex, high: LogIndex): readonly Entry[] {
    invariant(
      low >= this.offset && low <= high,
      () => `[${low}, ${high}) is not in the unstable log from ${this.offset}`,
    );
    invariant(high <= this.offset + this.entries.length, () => `${high} is beyond the unstable log`);
    return this.entries.slice(low - this.offset, high - this.offset);
  }
}
