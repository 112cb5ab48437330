import type { Entry } from "../../../raft/core/entry.ts";
import type { Snapshot } from "../../../raft/core/snapshot.ts";
import type { LogIndex } from "../../../raft/ids.ts";
import type { RaftStorage, StorageIdentity, StoredState, WriteBatch } from "../../../raft/storage/raft-storage.ts";

export interface StorageWatch {
  onWrite(entries: readonly Entry[]): void;
  onSaving(isSaving: boolean): void;
}

/** A storage that someone looks at. */
export class WatchedStorage implements RaftStorage {
  readonly #storage: RaftStorage;
  readonly #watch: StorageWatch;

  constructor(storage: RaftStorage, watch: StorageWatch) {
    this.#storage = storage;
    this.#watch = watch;
  }

  load(): Promise<StoredState> {
    return this.#storage.load();
  }

  initialise(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    return this.#storage.initialise(identity, batch);
  }

  beginEra(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    return this.#storage.beginEra(identity, batch);
  }

  write(batch: WriteBatch): Promise<void> {
    this.#watch.onWrite(batch.entries);
    return this.#storage.write(batch);
  }

  async saveSnapshot(snapshot: Snapshot, compactTo: LogIndex): Promise<void> {
    this.#watch.onSaving(true);
    await this.#storage.saveSnapshot(snapshot, compactTo);
    this.#watch.onSaving(false);
  }

  rotateDataKey(): Promise<void> {
    return this.#storage.rotateDataKey();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#storage[Symbol.asyncDispose]();
  }
}
