import type { HardState } from "../../raft/core/options.ts";
import type { Snapshot } from "../../raft/core/snapshot.ts";
import { StableLog } from "../../raft/core/stable-log.ts";
import type { LogIndex } from "../../raft/ids.ts";
import type { RaftStorage, StorageIdentity, StoredState, WriteBatch } from "../../raft/storage/raft-storage.ts";
import { invariant } from "../../shared/invariant.ts";

/** Keeps everything in memory: for tests. Loaded again after a node has gone, it plays the disk that survived it. */
export class MemoryRaftStorage implements RaftStorage {
  #identity: StorageIdentity | null = null;
  #hardState: HardState | null = null;
  #log = new StableLog();

  load(): Promise<StoredState> {
    return Promise.resolve({ identity: this.#identity, hardState: this.#hardState, ...this.#log.contents });
  }

  async initialise(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    invariant(this.#identity === null, "the storage belongs to a member already");
    this.#identity = identity;
    await this.write(batch);
  }

  beginEra(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    invariant(this.#identity?.raftId === identity.raftId, "an era is the same member's");
    this.#identity = identity;
    return this.write(batch);
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

  /** Nothing is at rest here. */
  rotateDataKey(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
