import { Level } from "level";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Entry, EntryId } from "../core/entry.ts";
import { INDEX_ZERO, TERM_ZERO } from "../core/ids.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { LogIndex } from "../raft-handle.ts";
import { decodeEntry, encodeEntry } from "../wire/entry-codec.ts";
import {
  BASE_KEY,
  chunkKey,
  chunksBefore,
  entriesAfter,
  entriesUpTo,
  entryKey,
  HARD_STATE_KEY,
  META_KEY,
  SNAPSHOT_KEY,
} from "./keys.ts";
import type { RaftStorage, StorageIdentity, StoredState, WriteBatch } from "./raft-storage.ts";
import { checksumCodec, type RecordCodec } from "./record-codec.ts";
import {
  decodeEntryId,
  decodeHardState,
  decodeIdentity,
  decodeSnapshotRecord,
  encodeEntryId,
  encodeHardState,
  encodeIdentity,
  encodeSnapshotRecord,
} from "./records.ts";

/** Snapshots are stored in pieces of this size, so that no single write holds the database for long. */
const SNAPSHOT_CHUNK_BYTES = 1024 * 1024;

type Operation = { type: "put"; key: string; value: Uint8Array } | { type: "del"; key: string };
type Database = Level<string, Uint8Array>;

/**
 * The log in LevelDB: one atomic batch per turn, synced where a promise rests on it.
 *
 * LevelDB replays its own journal on opening and drops a torn last batch, which was never confirmed. What it cannot
 * know is checked here: that records are whole, that entries have no gaps, that nothing committed is missing.
 */
export class LevelRaftStorage implements RaftStorage {
  readonly #db: Database;
  readonly #codec: RecordCodec;
  #base: EntryId = { term: TERM_ZERO, index: INDEX_ZERO };
  /** Of entries on disk; what an overwrite must delete. */
  #last: LogIndex = INDEX_ZERO;
  #snapshotIndex: LogIndex = INDEX_ZERO;
  #hasIdentity = false;
  #tail: Promise<void> = Promise.resolve();

  private constructor(db: Database, codec: RecordCodec) {
    this.#db = db;
    this.#codec = codec;
  }

  /** @throws SwarmError failedPrecondition when another process holds the directory; internal when it cannot be opened. */
  static async open(directory: string, codec: RecordCodec = checksumCodec): Promise<LevelRaftStorage> {
    const db: Database = new Level(directory, { keyEncoding: "utf8", valueEncoding: "view" });
    try {
      await db.open();
    } catch (error) {
      const cause = error instanceof Error ? error.cause : null;
      if (cause instanceof Error && (cause as Error & { code?: string }).code === "LEVEL_LOCKED") {
        throw new SwarmError("failedPrecondition", `${directory} is in use by another swarmd`, { cause: error });
      }
      const why = messageOf(cause ?? error);
      throw new SwarmError("internal", `the Raft log in ${directory} cannot be opened: ${why}`, { cause: error });
    }
    return new LevelRaftStorage(db, codec);
  }

  async load(): Promise<StoredState> {
    try {
      return await this.#load();
    } catch (error) {
      const where = this.#db.location;
      throw new SwarmError(
        "internal",
        `the Raft log in ${where} is damaged (${messageOf(error)}): remove this manager from the swarm and join it again`,
        { cause: error },
      );
    }
  }

  async initialise(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    invariant(!this.#hasIdentity, "the log belongs to a member already");
    this.#hasIdentity = true;
    await this.#write(batch, [this.#put(META_KEY, encodeIdentity(identity))]);
  }

  async write(batch: WriteBatch): Promise<void> {
    await this.#write(batch, []);
  }

  async saveSnapshot(snapshot: Snapshot, compactTo: LogIndex): Promise<void> {
    if (snapshot.meta.index <= this.#snapshotIndex) return;
    await this.#putChunks(snapshot);
    await this.#inOrder(async () => {
      // A leader's snapshot may have come in meanwhile; it is the newer one.
      if (snapshot.meta.index <= this.#snapshotIndex) return;
      const base = await this.#compactedBase(compactTo);
      const operations = [this.#snapshotPointer(snapshot), this.#put(BASE_KEY, encodeEntryId(base))];
      await this.#db.batch(operations, { sync: true });
      this.#snapshotIndex = snapshot.meta.index;
      this.#base = base;
    });
    await this.#sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close();
  }

  async #load(): Promise<StoredState> {
    const identity = await this.#get(META_KEY, decodeIdentity);
    const hardState = await this.#get(HARD_STATE_KEY, decodeHardState);
    const snapshot = await this.#loadSnapshot();
    const base = (await this.#get(BASE_KEY, decodeEntryId)) ?? this.#base;
    const entries: Entry[] = [];
    for await (const [key, record] of this.#db.iterator(entriesAfter(base.index))) {
      const entry = decodeEntry(this.#codec.open(key, record));
      const expected = base.index + 1 + entries.length;
      invariant(entry.index === expected, () => `entry ${expected} is missing`);
      entries.push(entry);
    }
    const last = base.index + entries.length;
    const commit = hardState?.commit ?? 0;
    invariant(commit <= last, () => `entries up to ${commit} were committed, but the log ends at ${last}`);
    invariant(
      (snapshot?.meta.index ?? 0) >= base.index,
      () => `the snapshot that stands for entry ${base.index} is gone`,
    );
    this.#hasIdentity = identity !== null;
    this.#base = base;
    this.#last = last as LogIndex;
    this.#snapshotIndex = snapshot?.meta.index ?? INDEX_ZERO;
    return { identity, hardState, snapshot, base, entries };
  }

  async #loadSnapshot(): Promise<Snapshot | null> {
    const record = await this.#get(SNAPSHOT_KEY, decodeSnapshotRecord);
    if (record === null) return null;
    const data = new Uint8Array(record.bytes);
    let at = 0;
    for (let chunk = 0; chunk < record.chunks; chunk++) {
      const bytes = await this.#get(chunkKey(record.meta.index, chunk), (whole) => whole);
      invariant(bytes !== null, () => `piece ${chunk} of the snapshot at ${record.meta.index} is missing`);
      data.set(bytes, at);
      at += bytes.length;
    }
    invariant(at === record.bytes, () => `the snapshot at ${record.meta.index} has ${at} of ${record.bytes} bytes`);
    return { meta: record.meta, data };
  }

  async #write(batch: WriteBatch, operations: Operation[]): Promise<void> {
    if (batch.snapshot !== null) await this.#putChunks(batch.snapshot);
    await this.#inOrder(async () => {
      if (batch.hardState !== null) operations.push(this.#put(HARD_STATE_KEY, encodeHardState(batch.hardState)));
      if (batch.snapshot !== null) this.#replaceBySnapshot(batch.snapshot, operations);
      this.#appendEntries(batch.entries, operations);
      if (operations.length > 0) await this.#db.batch(operations, { sync: batch.sync });
    });
    if (batch.snapshot !== null) await this.#sweep();
  }

  #appendEntries(entries: readonly Entry[], operations: Operation[]): void {
    const first = entries[0];
    if (first === undefined) return;
    for (const entry of entries) operations.push(this.#put(entryKey(entry.index), encodeEntry(entry)));
    const last = (first.index + entries.length - 1) as LogIndex;
    // An overwritten tail goes in the same batch: entries of a dead term must not come back behind the new ones.
    for (let index = last + 1; index <= this.#last; index++) operations.push({ type: "del", key: entryKey(index) });
    this.#last = last;
  }

  /** Adds what puts a received snapshot in place of the log. */
  #replaceBySnapshot(snapshot: Snapshot, operations: Operation[]): void {
    const { index, term } = snapshot.meta;
    for (let at = this.#base.index + 1; at <= this.#last; at++) operations.push({ type: "del", key: entryKey(at) });
    operations.push(this.#snapshotPointer(snapshot), this.#put(BASE_KEY, encodeEntryId({ index, term })));
    this.#base = { index, term };
    this.#snapshotIndex = index;
    this.#last = index;
  }

  /** Where the log will begin after compaction to `compactTo`; never beyond its end, never back. */
  async #compactedBase(compactTo: LogIndex): Promise<EntryId> {
    if (compactTo <= this.#base.index) return this.#base;
    const entry = await this.#get(entryKey(compactTo), decodeEntry);
    // Overwritten by a leader's snapshot, whose base is the newer one.
    if (entry === null || compactTo <= this.#base.index) return this.#base;
    return { term: entry.term, index: entry.index };
  }

  /** Not synced: the pointer that follows is, and LevelDB keeps writes in order. */
  async #putChunks(snapshot: Snapshot): Promise<void> {
    const { meta, data } = snapshot;
    for (let chunk = 0; chunk < chunkCount(data.length); chunk++) {
      const bytes = data.subarray(chunk * SNAPSHOT_CHUNK_BYTES, (chunk + 1) * SNAPSHOT_CHUNK_BYTES);
      const key = chunkKey(meta.index, chunk);
      await this.#db.put(key, this.#codec.seal(key, bytes));
    }
  }

  #snapshotPointer({ meta, data }: Snapshot): Operation {
    return this.#put(SNAPSHOT_KEY, encodeSnapshotRecord({ meta, bytes: data.length, chunks: chunkCount(data.length) }));
  }

  /** Removes what nothing refers to any more. A crash before or in it costs room only; the next one removes it. */
  async #sweep(): Promise<void> {
    await this.#db.clear(entriesUpTo(this.#base.index));
    await this.#db.clear(chunksBefore(this.#snapshotIndex));
  }

  /** Batches issued together could reach LevelDB in any order (they run on a thread pool), so they wait for each other. */
  async #inOrder(run: () => Promise<void>): Promise<void> {
    const before = this.#tail;
    const done = (async () => {
      await before;
      await run();
    })();
    // After a failure nothing may be written any more: every later batch fails with it.
    this.#tail = done;
    this.#tail.catch(() => {});
    await done;
  }

  #put(key: string, bytes: Uint8Array): Operation {
    return { type: "put", key, value: this.#codec.seal(key, bytes) };
  }

  async #get<T>(key: string, decode: (bytes: Uint8Array) => T): Promise<T | null> {
    const record = await this.#db.get(key);
    return record === undefined ? null : decode(this.#codec.open(key, record));
  }
}

function chunkCount(bytes: number): number {
  return Math.ceil(bytes / SNAPSHOT_CHUNK_BYTES);
}
