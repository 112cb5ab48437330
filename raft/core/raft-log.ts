import { InvariantError, invariant } from "../../shared/invariant.ts";
import { INDEX_ZERO, indexMax, indexMin, indexPlus, type LogIndex, TERM_ZERO, type Term } from "../ids.ts";
import { type Entry, type EntryId, limitEntries, totalEntryBytes } from "./entry.ts";
import type { Snapshot } from "./snapshot.ts";
import type { LogReader, Missing } from "./stable-log.ts";
import type { LogDescription, TraceSink } from "./trace.ts";
import { Unstable } from "./unstable.ts";

/**
 * Others know entries to be committed that this log had acknowledged and no longer holds: its disk has lost them. Not a
 * bug of ours, but this member must not go on either.
 */
export class LogLostEntries extends InvariantError {
  constructor(commit: LogIndex, last: LogIndex) {
    super(`commit index ${commit} is beyond the last entry ${last}: was the log corrupted, truncated or lost?`);
  }
}

/**
 * The whole log as the protocol sees it: the stable part, read through a LogReader, and the unstable tail.
 *
 * 1. applied <= applying <= committed <= lastIndex.  2. None of the three ever falls.
 */
export class RaftLog {
  /** A majority holds everything up to here. */
  committed: LogIndex;
  /** Handed out for applying up to here. */
  applying: LogIndex;
  /** The state machine reported everything up to here. */
  applied: LogIndex;
  readonly unstable: Unstable;
  readonly #stable: LogReader;
  readonly #trace: TraceSink;
  /** Bytes handed out for applying and not yet reported: limits what waits in the shell. */
  readonly #applyingBytesMax: number;
  #applyingBytes = 0;
  #applyingPaused = false;

  constructor(stable: LogReader, trace: TraceSink, applyingBytesMax: number) {
    this.#stable = stable;
    this.#trace = trace;
    this.#applyingBytesMax = applyingBytesMax;
    this.unstable = new Unstable(indexPlus(stable.lastIndex(), 1), trace);
    const compacted = indexPlus(stable.firstIndex(), -1);
    this.committed = compacted;
    this.applying = compacted;
    this.applied = compacted;
  }

  firstIndex(): LogIndex {
    const snapshot = this.unstable.snapshot;
    return snapshot === null ? this.#stable.firstIndex() : indexPlus(snapshot.meta.index, 1);
  }

  lastIndex(): LogIndex {
    return this.unstable.maybeLastIndex() ?? this.#stable.lastIndex();
  }

  lastId(): EntryId {
    const index = this.lastIndex();
    const term = this.term(index);
    invariant(typeof term === "number", () => `the last entry ${index} has no term`);
    return { term, index };
  }

  term(index: LogIndex): Term | Missing {
    const unstable = this.unstable.maybeTerm(index);
    if (unstable !== null) return unstable;
    if (index + 1 < this.firstIndex()) return "compacted";
    if (index > this.lastIndex()) return "unavailable";
    return this.#stable.term(index);
  }

  /** The last entry known to be committed; term 0, which matches nothing, if the term is no longer known. */
  committedId(): EntryId {
    return { term: this.termOrZero(this.committed), index: this.committed };
  }

  /** Whether a change of membership is among (after, upTo]. */
  hasConfChange(after: LogIndex, upTo: LogIndex): boolean {
    if (after >= upTo) return false;
    const entries = this.slice(indexPlus(after, 1), indexPlus(upTo, 1), Number.MAX_SAFE_INTEGER);
    return typeof entries !== "string" && entries.some(({ kind }) => kind === "confChange");
  }

  /** For messages to people: 0 if the term is not known. */
  termOrZero(index: LogIndex): Term {
    const term = this.term(index);
    return typeof term === "number" ? term : TERM_ZERO;
  }

  matches(id: EntryId): boolean {
    return this.term(id.index) === id.term;
  }

  /** The election restriction (Raft 5.4.1): the later last term wins, then the longer log. */
  isUpToDate(other: EntryId): boolean {
    const own = this.lastId();
    return other.term > own.term || (other.term === own.term && other.index >= own.index);
  }

  snapshot(): Snapshot | null {
    return this.unstable.snapshot ?? this.#stable.snapshot();
  }

  /** Entries from `low` on, as many as fit in `bytesMax`; none when `low` is just beyond the end. */
  entriesFrom(low: LogIndex, bytesMax: number): readonly Entry[] | Missing {
    const end = indexPlus(this.lastIndex(), 1);
    return low >= end ? [] : this.slice(low, end, bytesMax);
  }

  /** Entries in [low, high), as many as fit in `bytesMax` but at least one. */
  slice(low: LogIndex, high: LogIndex, bytesMax: number): readonly Entry[] | Missing {
    invariant(low <= high, () => `slice [${low}, ${high})`);
    if (low < this.firstIndex()) return "compacted";
    invariant(high <= this.lastIndex() + 1, () => `slice [${low}, ${high}) beyond the last entry ${this.lastIndex()}`);
    if (low === high) return [];
    const offset = this.unstable.offset;
    if (low >= offset) return limitEntries(this.unstable.slice(low, high), bytesMax);
    const cut = indexMin(high, offset);
    const stable = this.#stable.entries(low, cut, bytesMax);
    if (typeof stable === "string") return stable;
    const room = bytesMax - totalEntryBytes(stable);
    if (high <= offset || stable.length < cut - low || room <= 0) return stable;
    const tail = limitEntries(this.unstable.slice(offset, high), room);
    // limitEntries always gives at least one entry, but here there is one already.
    if (tail.length === 1 && totalEntryBytes(tail) > room) return stable;
    return stable.concat(tail);
  }

  /**
   * What a follower does with an append: null when its log does not hold `prev`; otherwise new entries are put in
   * place, a conflicting tail is dropped, and the index up to which both logs agree is returned. It is not simply our
   * last index: what lies beyond `entries` was not compared (Raft 5.3, and the commit index must not go there either).
   */
  maybeAppend(prev: EntryId, entries: readonly Entry[], leaderCommit: LogIndex): LogIndex | null {
    if (!this.matches(prev)) return null;
    const agreed = indexPlus(prev.index, entries.length);
    const conflict = this.#findConflict(entries);
    if (conflict !== null) {
      invariant(conflict > this.committed, () => `entry ${conflict} conflicts with a committed one`);
      this.append(entries.slice(conflict - prev.index - 1));
    }
    this.commitTo(indexMin(leaderCommit, agreed));
    return agreed;
  }

  append(entries: readonly Entry[]): LogIndex {
    const first = entries[0];
    if (first !== undefined) {
      invariant(first.index > this.committed, () => `entry ${first.index} would overwrite a committed one`);
      this.unstable.truncateAndAppend(entries);
    }
    return this.lastIndex();
  }

  /**
   * From `index` back, the first entry whose term is not above `term`: no entry above it can match a log that has
   * `term` there, so one probe per term is enough. hintTerm is 0 where the log does not reach back far enough.
   */
  findConflictByTerm(index: LogIndex, term: Term): { readonly hintIndex: LogIndex; readonly hintTerm: Term } {
    for (let at: number = index; at > 0; at--) {
      const own = this.term(at as LogIndex);
      if (typeof own !== "number") return { hintIndex: at as LogIndex, hintTerm: TERM_ZERO };
      if (own <= term) return { hintIndex: at as LogIndex, hintTerm: own };
    }
    return { hintIndex: INDEX_ZERO, hintTerm: TERM_ZERO };
  }

  commitTo(index: LogIndex): void {
    if (index <= this.committed) return;
    if (index > this.lastIndex()) throw new LogLostEntries(index, this.lastIndex());
    this.committed = index;
  }

  /** The commit rule (Raft 5.4.2): only an entry of the present term is committed by counting who holds it. */
  maybeCommit(id: EntryId): boolean {
    if (id.term === 0 || id.index <= this.committed || !this.matches(id)) return false;
    this.commitTo(id.index);
    return true;
  }

  /** A received snapshot replaces the whole log. */
  restore(snapshot: Snapshot): void {
    this.#trace({ kind: "snapshotRestoring", log: this.describe(), snapshot: snapshot.meta });
    this.committed = snapshot.meta.index;
    this.unstable.restore(snapshot);
  }

  /**
   * A received snapshot, or its write, is still pending: nothing after it may be applied, and this member does not
   * campaign.
   */
  hasPendingSnapshot(): boolean {
    return this.unstable.snapshot !== null;
  }

  /** What may be applied next. `allowUnstable`: also entries that are committed but not known to be on our own disk. */
  nextCommitted(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommitted(allowUnstable)) return [];
    const high = indexPlus(this.#appliableIndex(allowUnstable), 1);
    const room = this.#applyingBytesMax - this.#applyingBytes;
    invariant(room > 0, "applying is not paused although its window is full");
    const entries = this.slice(indexPlus(this.applying, 1), high, room);
    invariant(
      typeof entries !== "string",
      () => `committed entries after ${this.applying} are gone: ${String(entries)}`,
    );
    return entries;
  }

  hasNextCommitted(allowUnstable: boolean): boolean {
    if (this.#applyingPaused || this.hasPendingSnapshot()) return false;
    return this.applying < this.#appliableIndex(allowUnstable);
  }

  /** Entries up to `index` were handed out for applying. */
  acceptApplying(index: LogIndex, bytes: number, allowUnstable: boolean): void {
    invariant(index <= this.committed, () => `applying ${index}, beyond the commit index ${this.committed}`);
    this.applying = index;
    this.#applyingBytes += bytes;
    // Also paused when the limit cut the list short: otherwise small entries could slip through one after another.
    this.#applyingPaused = this.#applyingBytes >= this.#applyingBytesMax || index < this.#appliableIndex(allowUnstable);
  }

  appliedTo(index: LogIndex, bytes: number): void {
    invariant(index <= this.committed, () => `applied ${index}, beyond the commit index ${this.committed}`);
    invariant(index >= this.applied, () => `applied index falls from ${this.applied} to ${index}`);
    this.applied = index;
    this.applying = indexMax(this.applying, index);
    this.#applyingBytes = Math.max(0, this.#applyingBytes - bytes);
    this.#applyingPaused = this.#applyingBytes >= this.#applyingBytesMax;
  }

  describe(): LogDescription {
    return {
      committed: this.committed,
      applied: this.applied,
      applying: this.applying,
      unstableOffset: this.unstable.offset,
      unstableOffsetInProgress: this.unstable.offsetInProgress,
      unstableCount: this.unstable.entries.length,
    };
  }

  #appliableIndex(allowUnstable: boolean): LogIndex {
    return allowUnstable ? this.committed : indexMin(this.committed, indexPlus(this.unstable.offset, -1));
  }

  /**
   * The first of `entries` that the log does not hold, because it differs or is missing; null when it holds them all.
   */
  #findConflict(entries: readonly Entry[]): LogIndex | null {
    for (const entry of entries) {
      if (this.matches(entry)) continue;
      if (entry.index <= this.lastIndex()) {
        this.#trace({
          kind: "conflictFound",
          index: entry.index,
          existingTerm: this.termOrZero(entry.index),
          conflictingTerm: entry.term,
        });
      }
      return entry.index;
    }
    return null;
  }
}
