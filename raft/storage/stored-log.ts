import { messageOf } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Entry, EntryId } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { INDEX_ZERO, indexMax, type LogIndex, TERM_ZERO } from "../ids.ts";
import { decodeEntries } from "../wire/entries-codec.ts";
import {
  BASE_KEY,
  chunkKey,
  ENTRIES,
  entryKey,
  HARD_STATE_KEY,
  indexOfEntryKey,
  META_KEY,
  SNAPSHOT_KEY,
} from "./keys.ts";
import type { RecordDatabase } from "./level-database.ts";
import type { StoredState } from "./raft-storage.ts";
import { DamagedRecord } from "./record-codec.ts";
import {
  decodeEntryId,
  decodeHardState,
  decodeIdentity,
  decodeSnapshotRecord,
  FORMAT_PLAIN,
  FORMAT_VERSION,
} from "./records.ts";
import type { SealedCodec } from "./sealed-codec.ts";
import { damaged, RaftStorageError } from "./storage-error.ts";

/** What was read, and where it had to be cut. */
export interface LoadedLog {
  readonly state: StoredState;
  readonly format: number;
  /** The first entry of each whole record that is not wholly compacted. */
  readonly starts: readonly LogIndex[];
  /** The first entry of a damaged tail, which is not in `state`; null = all is whole. */
  readonly damagedFrom: LogIndex | null;
}

export const BASE_OF_EMPTY_LOG: EntryId = { term: TERM_ZERO, index: INDEX_ZERO };

/**
 * Reads and judges everything a member has stored. LevelDB has replayed its own journal; what it cannot know is checked
 * here: that records are as they were written, that entries have no gaps, that nothing committed is missing.
 * @throws RaftStorageError corrupt or foreign.
 */
export async function readStoredLog(db: RecordDatabase, codec: SealedCodec): Promise<LoadedLog> {
  try {
    return await read(db, codec);
  } catch (error) {
    if (error instanceof RaftStorageError) throw error;
    throw damaged(db.directory, messageOf(error), error);
  }
}

async function read(db: RecordDatabase, codec: SealedCodec): Promise<LoadedLog> {
  const get = async <T>(key: string, decode: (bytes: Uint8Array) => T): Promise<T | null> => {
    const record = await db.get(key);
    return record === null ? null : decode(codec.open(key, record));
  };
  const identity = await get(META_KEY, (bytes) => decodeIdentity(bytes, db.directory));
  if (identity === null) return { state: await emptyState(db), format: FORMAT_VERSION, starts: [], damagedFrom: null };
  const hardState = await get(HARD_STATE_KEY, decodeHardState);
  // Format 1 wrote none for a member that had not heard from anyone yet.
  invariant(hardState !== null || identity.format === FORMAT_PLAIN, "the record of its vote is missing");
  const snapshot = await readSnapshot(get);
  const base = (await get(BASE_KEY, decodeEntryId)) ?? BASE_OF_EMPTY_LOG;
  // The commit index is written late; what a snapshot holds was committed in any case.
  const commit = indexMax(hardState?.commit ?? INDEX_ZERO, snapshot?.meta.index ?? INDEX_ZERO);
  const { entries, starts, damagedFrom } = await readEntries(db, codec, base, hardState, commit);
  const last = base.index + entries.length;
  invariant(commit <= last, () => `entries up to ${commit} were committed, but the log ends at ${last}`);
  invariant(
    (snapshot?.meta.index ?? 0) >= base.index,
    () => `the snapshot that stands for entry ${base.index} is gone`,
  );
  const { clusterId, raftId, era } = identity;
  const state = { identity: { clusterId, raftId, era }, hardState, snapshot, base, entries };
  return { state, format: identity.format, starts, damagedFrom };
}

/** An empty directory is a new log; records without an identity mean that the identity was lost. */
async function emptyState(db: RecordDatabase): Promise<StoredState> {
  for await (const [key] of db.iterate({})) throw new DamagedRecord(`record ${META_KEY} is missing beside ${key}`);
  return { identity: null, hardState: null, snapshot: null, base: BASE_OF_EMPTY_LOG, entries: [] };
}

async function readSnapshot(
  get: <T>(key: string, decode: (bytes: Uint8Array) => T) => Promise<T | null>,
): Promise<Snapshot | null> {
  const record = await get(SNAPSHOT_KEY, decodeSnapshotRecord);
  if (record === null) return null;
  const data = new Uint8Array(record.bytes);
  let at = 0;
  for (let chunk = 0; chunk < record.chunks; chunk++) {
    const bytes = await get(chunkKey(record.meta.index, chunk), (whole) => whole);
    invariant(bytes !== null, () => `piece ${chunk} of the snapshot at ${record.meta.index} is missing`);
    data.set(bytes, at);
    at += bytes.length;
  }
  invariant(at === record.bytes, () => `the snapshot at ${record.meta.index} has ${at} of ${record.bytes} bytes`);
  return { meta: record.meta, data };
}

interface ReadEntries {
  readonly entries: readonly Entry[];
  readonly starts: readonly LogIndex[];
  readonly damagedFrom: LogIndex | null;
}

/**
 * Entries up to the first damaged record. Only a tail may be damaged: a record followed by whole ones was once whole,
 * and was promised to the leader.
 */
async function readEntries(
  db: RecordDatabase,
  codec: SealedCodec,
  base: EntryId,
  hardState: HardState | null,
  commit: LogIndex,
): Promise<ReadEntries> {
  const entries: Entry[] = [];
  const starts: LogIndex[] = [];
  let bad: { readonly index: number; readonly why: string } | null = null;
  let term = base.term;
  for await (const [key, record] of recordsAfter(db, base.index)) {
    const expected = base.index + 1 + entries.length;
    const opened = openRecord(codec, key, record);
    if (opened instanceof DamagedRecord) {
      if (bad !== null) continue;
      invariant(indexOfEntryKey(key) <= expected, () => `entry ${expected} is missing`);
      invariant(expected > commit, () => `committed: ${opened.message}`);
      bad = { index: expected, why: opened.message };
      continue;
    }
    invariant(bad === null, () => `${bad?.why ?? ""}, and whole entries follow it`);
    const fresh = opened.filter(({ index }) => index > base.index);
    // The last record may be wholly compacted and not swept yet.
    if (fresh.length === 0) continue;
    invariant(fresh[0]?.index === expected, () => `entry ${expected} is missing`);
    for (const entry of fresh) {
      const { index } = entry;
      invariant(entry.term >= term, () => `entry ${index} is of an earlier term than the one before it`);
      invariant(hardState === null || entry.term <= hardState.term, () => `entry ${index} is of a term to come`);
      term = entry.term;
      entries.push(entry);
    }
    starts.push(opened[0].index);
  }
  return { entries, starts, damagedFrom: bad === null ? null : (bad.index as LogIndex) };
}

/** Records that may hold entries after `base`: without those whose successor begins before it. */
async function* recordsAfter(
  db: RecordDatabase,
  base: LogIndex,
): AsyncGenerator<readonly [key: string, record: Uint8Array]> {
  let held: readonly [string, Uint8Array] | null = null;
  for await (const one of db.iterate(ENTRIES)) {
    if (held !== null && indexOfEntryKey(one[0]) > base + 1) yield held;
    held = one;
  }
  if (held !== null) yield held;
}

function openRecord(codec: SealedCodec, key: string, record: Uint8Array): readonly [Entry, ...Entry[]] | DamagedRecord {
  try {
    const entries = decodeEntries(codec.open(key, record));
    const { index } = entries[0];
    return key === entryKey(index) ? entries : new DamagedRecord(`record ${key} holds entry ${index}`);
  } catch (error) {
    return error instanceof DamagedRecord ? error : new DamagedRecord(`record ${key} is no entry: ${messageOf(error)}`);
  }
}
