import { invariant } from "../../shared/invariant.ts";
import type { Entry, EntryId } from "../core/entry.ts";
import { INDEX_ZERO, TERM_ZERO } from "../core/ids.ts";
import type { HardState } from "../core/options.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { StableLog } from "../core/stable-log.ts";
import type { LogIndex } from "../raft-handle.ts";
import type { RaftStorage, StorageIdentity, StoredState, WriteBatch } from "./raft-storage.ts";

/** Keeps everything in memory: for tests. Loaded again after a node has gone, it plays the disk that survived it. */
export class MemoryRaftStorage implements RaftStorage {
  #identity: StorageIdentity | null = null;
  #hardState: HardState | null = null;
  #log = new StableLog();

  load(): Promise<StoredState> {
    const first = this.#log.firstIndex();
    const base: EntryId = { index: (first - 1) as LogIndex, term: this.#termBefore(first) };
    const end = (this.#log.lastIndex() + 1) as LogIndex;
    const entries = this.#log.entries(first, end, Number.MAX_SAFE_INTEGER) as readonly Entry[];
    return Promise.resolve({
      identity: this.#identity,
      hardState: this.#hardState,
      snapshot: this.#log.snapshot(),
      base,
      entries: [...entries],
    });
  }

  async initialise(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    invariant(this.#identity === null, "the storage belongs to a member already");
    this.#identity = identity;
    await this.write(batch);
  }

  write(batch: WriteBatch): Promise<void> {
    if (batch.hardState !== null) this.#hardState = batch.hardState;
    if (batch.snapshot !== null) this.#log.install(batch.snapshot);
    this.#log.append(batch.entries);
    return Promise.resolve();
  }

  saveSnapshot(snapshot: Snapshot, compactTo: LogIndex): Promise<void> {
    const present = this.#log.snapshot();
    if (present !== null && present.meta.index >= snapshot.meta.index) return Promise.resolve();
    this.#log.setSnapshot(snapshot);
    this.#log.compact(compactTo);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #termBefore(first: LogIndex): EntryId["term"] {
    if (first - 1 === INDEX_ZERO) return TERM_ZERO;
    const term = this.#log.term((first - 1) as LogIndex);
    invariant(typeof term === "number", "the base of the log has a term");
    return term;
  }
}
