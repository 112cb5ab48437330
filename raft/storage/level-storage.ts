import { messageOf, SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import type { KeyFiles } from "../../shared/pki/ports/key-files.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { EntryId } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { INDEX_ZERO, indexPlus, type LogIndex, TERM_ZERO } from "../ids.ts";
import { createDataKey, DataKeyFile, type Keyring } from "./data-keys.ts";
import { EntryRecords } from "./entry-records.ts";
import {
  BASE_KEY,
  chunkKey,
  chunksAfter,
  chunksBefore,
  entriesFrom,
  HARD_STATE_KEY,
  META_KEY,
  SNAPSHOT_KEY,
} from "./keys.ts";
import { type Operation, openLevel, type RecordDatabase } from "./level-database.ts";
import { BrokenFile } from "./leveldb/byte-reader.ts";
import { checkFiles, type DatabaseFiles, type FilesReport } from "./leveldb/check-files.ts";
import { aesGcm, type RecordCipher } from "./ports/aes-gcm.ts";
import { databaseFilesIn } from "./ports/database-files.ts";
import type { RaftStorage, StorageIdentity, StoredState, WriteBatch } from "./raft-storage.ts";
import { reEncrypt } from "./re-encryption.ts";
import {
  encodeEntryId,
  encodeHardState,
  encodeIdentity,
  encodeSnapshotRecord,
  FORMAT_PLAIN,
  FORMAT_VERSION,
} from "./records.ts";
import { Remembering } from "./remembering.ts";
import type { SealedCodec } from "./sealed-codec.ts";
import { damaged, RaftStorageError } from "./storage-error.ts";
import { BASE_OF_EMPTY_LOG, readStoredLog } from "./stored-log.ts";
import { unlock } from "./unlock.ts";
import { WitnessFile } from "./witness.ts";

/** Snapshots are stored in pieces of this size: sealing one takes 0.4 ms, and writes of the log go in between. */
const SNAPSHOT_CHUNK_BYTES = 1024 * 1024;

export interface LevelStorageOptions {
  /** Where the node's private files are; the data key is one of them. */
  readonly keys: KeyFiles;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: LevelDB. */
  readonly openDatabase?: (directory: string) => Promise<RecordDatabase>;
  /** What is checked before the database is opened. Default: the files of the directory. */
  readonly databaseFiles?: (directory: string) => DatabaseFiles;
  /** What records are sealed with. Default: AES-256-GCM. */
  readonly cipher?: RecordCipher;
}

const NOBODY_YET: HardState = { term: TERM_ZERO, vote: null, commit: INDEX_ZERO };

/**
 * The log in LevelDB, encrypted: one atomic batch per turn, synced if a promise depends on it.
 *
 *     batch -> SealedCodec (AES-256-GCM, current key) -> LevelDB
 *     rotateDataKey: key file {new, old} -> new writes use the new one -> old records are sealed anew -> key file {new}
 */
export class LevelRaftStorage implements RaftStorage {
  readonly #db: RecordDatabase;
  readonly #codec: SealedCodec;
  readonly #keyFile: DataKeyFile;
  readonly #remembering: Remembering;
  readonly #options: LevelStorageOptions;
  readonly #closing = new AbortController();
  readonly #entries: EntryRecords;
  #base: EntryId = BASE_OF_EMPTY_LOG;
  #snapshotIndex: LogIndex = INDEX_ZERO;
  #hasIdentity = false;
  /** What LevelDB has cut off its journal on opening. */
  #tornBytes: number;
  /**
   * The last write that was itself synced. A sync guarantees nothing about earlier writes: LevelDB may have begun a new
   * journal in between, and the end of the old one can still be lost.
   */
  #syncedHardState: HardState | null = null;
  #tail: Promise<void> = Promise.resolve();
  /** The last reading of everything. */
  #loading: Promise<unknown> = Promise.resolve();
  /** The change of keys that is under way or was the last. */
  #changing: Promise<void> = Promise.resolve();

  private constructor(
    db: RecordDatabase,
    codec: SealedCodec,
    keyFile: DataKeyFile,
    remembering: Remembering,
    tornBytes: number,
    options: LevelStorageOptions,
  ) {
    this.#db = db;
    this.#codec = codec;
    this.#entries = new EntryRecords(db, codec);
    this.#keyFile = keyFile;
    this.#remembering = remembering;
    this.#tornBytes = tornBytes;
    this.#options = options;
  }

  /**
   * @throws RaftStorageError when the directory is in use, damaged, of another key or version, or not to be written.
   */
  static async open(directory: string, options: LevelStorageOptions): Promise<LevelRaftStorage> {
    const witness = new WitnessFile(options.keys);
    const { isNew, tornBytes } = await checkDirectory(directory, options.databaseFiles ?? databaseFilesIn);
    // If the directory was moved away the log starts again, and so does what is known about it.
    if (isNew) await witness.remove();
    const db = await (options.openDatabase ?? openLevel)(directory);
    try {
      const cipher = options.cipher ?? aesGcm;
      const keyFile = new DataKeyFile(options.keys, cipher);
      const codec = await unlock(db, keyFile, options.random, cipher);
      const remembering = new Remembering(witness, options.clock, options.log);
      return new LevelRaftStorage(db, codec, keyFile, remembering, tornBytes, options);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  load(): Promise<StoredState> {
    const loading = this.#load();
    this.#loading = loading.catch(() => {});
    return loading;
  }

  async #load(): Promise<StoredState> {
    const { state, format, starts, damagedFrom } = await readStoredLog(this.#db, this.#codec);
    const hadUpTo = await this.#remembering.check(this.#db.directory, state);
    const { identity, hardState, snapshot, base, entries } = state;
    this.#syncedHardState = hardState;
    this.#hasIdentity = identity !== null;
    this.#base = base;
    const last = indexPlus(base.index, entries.length);
    this.#entries.begin(starts, last);
    this.#snapshotIndex = snapshot?.meta.index ?? INDEX_ZERO;
    if (damagedFrom !== null) await this.#inOrder(() => this.#db.clear(entriesFrom(damagedFrom)));
    // Before the first record that an older swarmd could not read; this is also how a log becomes encrypted.
    if (identity !== null && format < FORMAT_VERSION && format !== FORMAT_PLAIN) {
      await this.#inOrder(() => this.#db.batch([this.#put(META_KEY, encodeIdentity(identity))], true));
    }
    const isCut = damagedFrom !== null || hadUpTo > last || this.#tornBytes > 0;
    if (isCut) this.#sayCut(state, Math.max(hadUpTo, damagedFrom ?? 0));
    await this.#sweepUnfinished();
    if (this.#codec.ring.previous !== null) this.#finishChange();
    return state;
  }

  async initialise(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    invariant(!this.#hasIdentity, "the log belongs to a member already");
    this.#hasIdentity = true;
    this.#remembering.begin(identity);
    // Always there from now on, so that its loss is noticed.
    const hardState = batch.hardState ?? NOBODY_YET;
    await this.#write({ ...batch, hardState }, [this.#put(META_KEY, encodeIdentity(identity))]);
  }

  async beginEra(identity: StorageIdentity, batch: WriteBatch): Promise<void> {
    invariant(this.#hasIdentity && batch.sync && batch.snapshot === null, "an era begins in one synced batch");
    this.#remembering.begin(identity);
    await this.#write(batch, [this.#put(META_KEY, encodeIdentity(identity))]);
  }

  async write(batch: WriteBatch): Promise<void> {
    await this.#write(batch, []);
  }

  async saveSnapshot(snapshot: Snapshot, compactTo: LogIndex): Promise<void> {
    if (snapshot.meta.index <= this.#snapshotIndex) return;
    await this.#putChunks(snapshot);
    await this.#inOrder(async () => {
      // A leader's snapshot may have come in since; it is the newer one.
      if (snapshot.meta.index <= this.#snapshotIndex) return;
      const base = await this.#compactedBase(compactTo);
      const operations = [this.#snapshotPointer(snapshot), this.#put(BASE_KEY, encodeEntryId(base))];
      await this.#db.batch(operations, true);
      this.#remembering.onSynced(this.#syncedHardState, this.#entries.last);
      this.#snapshotIndex = snapshot.meta.index;
      this.#base = base;
    });
    await this.#sweep();
  }

  async rotateDataKey(): Promise<void> {
    const before = this.#changing;
    const changing = (async () => {
      // A ring cannot hold two old keys at once.
      await before.catch(() => {});
      if (this.#codec.ring.previous !== null) await this.#dropPreviousKey();
      const { current } = this.#codec.ring;
      const { random, cipher = aesGcm } = this.#options;
      await this.#setRing({ current: createDataKey(random, cipher, current), previous: current });
      await this.#dropPreviousKey();
    })();
    this.#changing = changing;
    await changing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#changing.catch(() => {});
    await this.#remembering.end();
    await this.#db.close();
  }

  #sayCut(state: StoredState, hadUpTo: number): void {
    const fields = { directory: this.#db.directory, last: this.#entries.last, hadUpTo, tornBytes: this.#tornBytes };
    const what = "the end of the Raft log was damaged and has been cut off";
    this.#options.log.warn(`${what}: ${whatIsLost(state)}`, fields);
    // Logged once, however often it is read.
    this.#tornBytes = 0;
    this.#remembering.onSynced(this.#syncedHardState, this.#entries.last);
  }

  /** A rotation, or the move from format 1, was interrupted. */
  #finishChange(): void {
    const before = this.#changing;
    this.#changing = (async () => {
      await before;
      if (this.#codec.ring.previous !== null) await this.#dropPreviousKey();
    })();
    this.#changing.catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      this.#options.log.error("the Raft log is not yet encrypted anew; the next start of swarmd tries again", {
        directory: this.#db.directory,
        error: messageOf(error),
      });
    });
  }

  /** Re-seals everything sealed with the previous key, and then forgets that key. */
  async #dropPreviousKey(): Promise<void> {
    const host = {
      db: this.#db,
      codec: this.#codec,
      signal: this.#closing.signal,
      inOrder: (run: () => Promise<void>) => this.#inOrder(run),
    };
    if (!(await reEncrypt(host))) throw stopped();
    // Overwritten records lie in LevelDB's files until it merges them.
    await this.#db.compact();
    // A log is read twice when a member starts, and the first reading may have begun this: what the second one has read
    // before its records were sealed anew still needs the old key.
    await this.#loading;
    await this.#setRing({ current: this.#codec.ring.current, previous: null });
    this.#options.log.info("the Raft log is encrypted with a new key", { directory: this.#db.directory });
  }

  /** On disk first, so that whatever is written with a key can be read after a crash. */
  async #setRing(ring: Keyring): Promise<void> {
    if (this.#closing.signal.aborted) throw stopped();
    await this.#keyFile.save(ring);
    this.#codec.ring = ring;
  }

  async #write(batch: WriteBatch, operations: Operation[]): Promise<void> {
    if (batch.snapshot !== null) await this.#putChunks(batch.snapshot);
    await this.#inOrder(async () => {
      if (batch.hardState !== null) operations.push(this.#put(HARD_STATE_KEY, encodeHardState(batch.hardState)));
      if (batch.snapshot !== null) this.#replaceBySnapshot(batch.snapshot, operations);
      await this.#entries.append(batch.entries, operations);
      if (operations.length === 0) return;
      await this.#db.batch(operations, batch.sync);
      if (!batch.sync) return;
      this.#syncedHardState = batch.hardState ?? this.#syncedHardState;
      this.#remembering.onSynced(this.#syncedHardState, this.#entries.last);
    });
    if (batch.snapshot !== null) await this.#sweep();
  }

  /** Adds the operations that replace the log by a received snapshot. */
  #replaceBySnapshot(snapshot: Snapshot, operations: Operation[]): void {
    const { index, term } = snapshot.meta;
    this.#entries.removeAll(index, operations);
    operations.push(this.#snapshotPointer(snapshot), this.#put(BASE_KEY, encodeEntryId({ index, term })));
    this.#base = { index, term };
    this.#snapshotIndex = index;
  }

  /** Where the log will begin after compaction to `compactTo`; never beyond its end, never back. */
  async #compactedBase(compactTo: LogIndex): Promise<EntryId> {
    if (compactTo <= this.#base.index) return this.#base;
    const term = await this.#entries.termAt(compactTo);
    // A leader's snapshot has replaced it, whose base is the newer one.
    return term === null ? this.#base : { term, index: compactTo };
  }

  /**
   * Each piece is synced. So is the pointer that follows, but LevelDB's journal may change in between, and a sync of
   * the new one guarantees nothing about the old.
   */
  async #putChunks(snapshot: Snapshot): Promise<void> {
    const { meta, data } = snapshot;
    for (let chunk = 0; chunk < chunkCount(data.length); chunk++) {
      const bytes = data.subarray(chunk * SNAPSHOT_CHUNK_BYTES, (chunk + 1) * SNAPSHOT_CHUNK_BYTES);
      const key = chunkKey(meta.index, chunk);
      await this.#inOrder(() => this.#db.batch([this.#put(key, bytes)], true));
    }
  }

  #snapshotPointer({ meta, data }: Snapshot): Operation {
    return this.#put(SNAPSHOT_KEY, encodeSnapshotRecord({ meta, bytes: data.length, chunks: chunkCount(data.length) }));
  }

  /**
   * Removes what nothing refers to any more. A crash before or during this only costs space; the next call removes it.
   */
  async #sweep(): Promise<void> {
    await this.#inOrder(async () => {
      await this.#entries.sweep(this.#base.index);
      await this.#db.clear(chunksBefore(this.#snapshotIndex));
    });
  }

  /** Pieces of a snapshot left unfinished by a crash, and what the crash kept `#sweep` from removing. */
  async #sweepUnfinished(): Promise<void> {
    await this.#sweep();
    await this.#inOrder(() => this.#db.clear(chunksAfter(this.#snapshotIndex)));
  }

  /**
   * Batches issued together could reach LevelDB in any order (they run on a thread pool), so they wait for each other.
   */
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
}

async function checkDirectory(directory: string, filesIn: (directory: string) => DatabaseFiles): Promise<FilesReport> {
  try {
    return await checkFiles(filesIn(directory));
  } catch (error) {
    if (error instanceof BrokenFile) throw damaged(directory, error.message, error);
    const message = `the Raft log in ${directory} cannot be read: ${messageOf(error)}`;
    throw new RaftStorageError("disk", message, { cause: error });
  }
}

function chunkCount(bytes: number): number {
  return Math.ceil(bytes / SNAPSHOT_CHUNK_BYTES);
}

function stopped(): SwarmError {
  return new SwarmError("unavailable", "this manager is stopping: its key is changed after the next start");
}

/** For people: whether there is a second copy of what was cut off. */
function whatIsLost({ snapshot, entries }: StoredState): string {
  const voters = new Set(snapshot?.meta.confState.voters);
  for (const entry of entries) {
    if (entry.kind !== "confChange") continue;
    for (const { kind, id } of entry.change.operations) {
      if (kind === "addVoter") voters.add(id);
      else if (kind !== "update") voters.delete(id);
    }
  }
  if (voters.size !== 1) return "what is missing comes from the leader";
  return "this is the only manager, so nobody has another copy: changes of the last moments before the crash may be lost";
}
