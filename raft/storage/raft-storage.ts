import type { Entry, EntryId } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { LogIndex, RaftId } from "../ids.ts";

/**
 * Whose log this is. A log used by another member could vote twice: only the era ever changes, see `beginEra`.
 */
export interface StorageIdentity {
  readonly clusterId: string;
  readonly raftId: RaftId;
  /** How many times the group was made anew by one member alone (node/recovery.ts). */
  readonly era: number;
}

/** Everything a restart needs. */
export interface StoredState {
  /** null: nothing was ever stored here. */
  readonly identity: StorageIdentity | null;
  readonly hardState: HardState | null;
  readonly snapshot: Snapshot | null;
  /** The last compacted entry; {0, 0} when the log begins at its beginning. */
  readonly base: EntryId;
  /** From base.index + 1 on, without gaps. */
  readonly entries: readonly Entry[];
}

/** What one turn of the loop has to write; it reaches the disk as a whole or not at all. */
export interface WriteBatch {
  readonly hardState: HardState | null;
  /** Replace whatever was there from the first of them on. */
  readonly entries: readonly Entry[];
  /** Received from a leader: replaces the whole log (`entries` then follow it). */
  readonly snapshot: Snapshot | null;
  /** Resolve only when the batch would survive a power loss. */
  readonly sync: boolean;
}

/**
 * Where a member keeps what must survive it. Calls are made one after the other, except that `saveSnapshot` may run
 * beside `write`. After any rejection the storage must not be used again: what is on disk is then unknown, and a write
 * repeated on the same descriptor may succeed without the data being there.
 */
export interface RaftStorage extends AsyncDisposable {
  /**
   * @throws RaftStorageError when what is stored is damaged: the member must not take part with a hole in its promises.
   */
  load(): Promise<StoredState>;
  /** First write of all. @throws InvariantError when there already is an identity. */
  initialise(identity: StorageIdentity, batch: WriteBatch): Promise<void>;
  /**
   * The same member's, one era later; takes effect together with the batch, or not at all.
   * @throws InvariantError when it is anybody else's.
   */
  beginEra(identity: StorageIdentity, batch: WriteBatch): Promise<void>;
  write(batch: WriteBatch): Promise<void>;
  /**
   * Stores a snapshot of our own state machine, then removes entries up to `compactTo`. Ignored if a newer snapshot is
   * stored.
   */
  saveSnapshot(snapshot: Snapshot, compactTo: LogIndex): Promise<void>;
  /**
   * Encrypts everything with a new key, in parallel with other calls; resolves when the old key is gone. If
   * interrupted, it is finished after the next start.
   */
  rotateDataKey(): Promise<void>;
}

export const EMPTY_BATCH: WriteBatch = { hardState: null, entries: [], snapshot: null, sync: true };
