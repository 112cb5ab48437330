import { DATA_KEY_FILE } from "../../../raft/storage/data-keys.ts";
import { BASE_KEY, entryKey, SNAPSHOT_KEY } from "../../../raft/storage/keys.ts";
import type { Operation, RecordDatabase } from "../../../raft/storage/level-database.ts";
import type { RaftStorage, WriteBatch } from "../../../raft/storage/raft-storage.ts";
import { WITNESS_FILE } from "../../../raft/storage/witness.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { KeyFiles } from "../../../shared/pki/ports/key-files.ts";

/** Bugs that the production shell could have, planted at its ports and only here: the checkers must notice each. */
export const FULL_CANARIES = [
  "none",
  /** Promises leave while the write that they rest on is under way. */
  "promiseBeforeWrite",
  /** Term and vote are written and not synced. */
  "hardStateUnsynced",
  /** First the term is written, then the vote, and the second write is not waited for to be safe. */
  "voteApartFromTerm",
  /** A write that failed counts as done. */
  "failedWriteIgnored",
  /** The record that names a snapshot is written before its pieces are. */
  "pointerBeforeChunks",
  /** Pieces of a snapshot are not synced: the record that names them may lie in a later journal. */
  "chunksUnsynced",
  /** The log is cut when a snapshot is begun, not when it is there. */
  "compactsBeforeSnapshot",
  /** A received or own snapshot does not say where the log begins now. */
  "baseForgotten",
  /** Entries that were overwritten stay behind the new ones. */
  "tailKept",
  /** What the log once had is not asked. */
  "witnessIgnored",
  /** The old key goes while records are still sealed with it. */
  "oldKeyDroppedEarly",
  /** Records are sealed with a new key that is not on disk yet. */
  "newKeyNotSaved",
] as const;

export type FullCanary = (typeof FULL_CANARIES)[number];

const CHUNK_PREFIX = "chunk/";
const ENTRY_PREFIX = "entry/";

export function plantInStorage(canary: FullCanary, storage: RaftStorage): RaftStorage {
  const write = plantedWrite(canary, (batch) => storage.write(batch));
  if (write === null) return storage;
  return {
    load: () => storage.load(),
    initialise: (identity, batch) => storage.initialise(identity, batch),
    beginEra: (identity, batch) => storage.beginEra(identity, batch),
    write,
    saveSnapshot: (snapshot, compactTo) => storage.saveSnapshot(snapshot, compactTo),
    rotateDataKey: () => storage.rotateDataKey(),
    [Symbol.asyncDispose]: async () => await storage[Symbol.asyncDispose](),
  };
}

type Write = (batch: WriteBatch) => Promise<void>;

function plantedWrite(canary: FullCanary, write: Write): Write | null {
  switch (canary) {
    case "promiseBeforeWrite":
      return (batch) => {
        write(batch).catch(() => {});
        return Promise.resolve();
      };
    case "hardStateUnsynced":
      return (batch) => {
        const isVote = batch.entries.length === 0 && batch.snapshot === null;
        return write(isVote ? { ...batch, sync: false } : batch);
      };
    case "voteApartFromTerm":
      return async (batch) => {
        const { hardState } = batch;
        if (hardState?.vote == null) return await write(batch);
        await write({ ...batch, hardState: { ...hardState, vote: null } });
        await write({ hardState, entries: [], snapshot: null, sync: false });
      };
    default:
      return null;
  }
}

type Batch = RecordDatabase["batch"];

export function plantInDatabase(canary: FullCanary, database: RecordDatabase): RecordDatabase {
  const batch = plantedBatch(canary, database);
  if (batch === null) return database;
  return {
    directory: database.directory,
    get: (key) => database.get(key),
    iterate: (range) => database.iterate(range),
    batch,
    clear: (range) => database.clear(range),
    compact: () => database.compact(),
    close: () => database.close(),
  };
}

function plantedBatch(canary: FullCanary, database: RecordDatabase): Batch | null {
  switch (canary) {
    case "failedWriteIgnored":
      return async (operations, sync) => {
        try {
          await database.batch(operations, sync);
        } catch (error) {
          if (!messageOf(error).includes("simulated")) throw error;
        }
      };
    case "pointerBeforeChunks":
      return pointerFirst(database);
    case "chunksUnsynced":
      return (operations, sync) => database.batch(operations, sync && !isChunk(operations));
    case "compactsBeforeSnapshot":
      return async (operations, sync) => {
        if (isChunk(operations)) {
          const [, index = ""] = operations[0]?.key.split("/") ?? [];
          await database.clear({ gt: ENTRY_PREFIX, lt: entryKey(Number.parseInt(index, 16) - 1) });
        }
        await database.batch(operations, sync);
      };
    case "baseForgotten":
      return (operations, sync) =>
        database.batch(
          operations.filter(({ key }) => key !== BASE_KEY),
          sync,
        );
    case "tailKept":
      return (operations, sync) => database.batch(withoutDeletions(operations), sync);
    default:
      return null;
  }
}

function pointerFirst(database: RecordDatabase): Batch {
  let held: readonly Operation[] = [];
  return async (operations, sync) => {
    if (isChunk(operations)) {
      held = [...held, ...operations];
      return;
    }
    await database.batch(operations, sync);
    if (held.length === 0 || !operations.some(({ key }) => key === SNAPSHOT_KEY)) return;
    const chunks = held;
    held = [];
    await database.batch(chunks, true);
  };
}

function isChunk(operations: readonly Operation[]): boolean {
  return operations.every(({ type, key }) => type === "put" && key.startsWith(CHUNK_PREFIX));
}

function withoutDeletions(operations: readonly Operation[]): readonly Operation[] {
  if (!operations.some(({ type, key }) => type === "put" && key.startsWith(ENTRY_PREFIX))) return operations;
  return operations.filter(({ type }) => type === "put");
}

export function plantInKeyFiles(canary: FullCanary, keys: KeyFiles): KeyFiles {
  const planted: KeyFiles = {
    read: (name) => keys.read(name),
    write: (name, text, mode) => keys.write(name, text, mode),
    remove: (name) => keys.remove(name),
  };
  switch (canary) {
    case "witnessIgnored":
      return { ...planted, read: (name) => (name === WITNESS_FILE ? Promise.resolve(null) : keys.read(name)) };
    case "oldKeyDroppedEarly":
      return {
        ...planted,
        write: (name, text, mode) => keys.write(name, name === DATA_KEY_FILE ? withoutPrevious(text) : text, mode),
      };
    case "newKeyNotSaved":
      return {
        ...planted,
        write: async (name, text, mode) => {
          if (name !== DATA_KEY_FILE || withoutPrevious(text) === text) await keys.write(name, text, mode);
        },
      };
    default:
      return keys;
  }
}

function withoutPrevious(text: string): string {
  return `${JSON.stringify({ ...(JSON.parse(text) as object), previous: null }, null, 2)}\n`;
}
