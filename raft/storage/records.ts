import { invariant } from "../../shared/invariant.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { EntryId } from "../core/entry.ts";
import type { HardState } from "../core/options.ts";
import type { SnapshotMeta } from "../core/snapshot.ts";
import { toLogIndex, toRaftId, toTerm } from "../ids.ts";
import { fromSnapshotMeta, toSnapshotMeta } from "../wire/entry-codec.ts";
import type { StorageIdentity } from "./raft-storage.ts";
import { RaftStorageError } from "./storage-error.ts";

/** The small records as bytes: JSON, so that a person with a database tool can read what a member promised. */

/** The first format: records with only a checksum. */
export const FORMAT_PLAIN = 1;
/**
 * Changes when the layout of records changes; an older program then refuses a newer directory. 2: encrypted. 3: several
 * entries per record.
 */
export const FORMAT_VERSION = 3;

export function encodeIdentity(identity: StorageIdentity): Uint8Array {
  const { clusterId, raftId, era } = identity;
  // Left out of a group that never was in need: an earlier swarmd reads the same record.
  return toBytes({ formatVersion: FORMAT_VERSION, clusterId, raftId, ...(era === 0 ? {} : { era }) });
}

export interface StoredIdentity extends StorageIdentity {
  readonly format: number;
}

/** @throws RaftStorageError foreign when it is of a later format; Error when it makes no sense. */
export function decodeIdentity(bytes: Uint8Array, directory: string): StoredIdentity {
  const { formatVersion, clusterId, raftId, era = 0 } = toFields(bytes);
  const format = Number(formatVersion);
  invariant(Number.isInteger(format) && format >= FORMAT_PLAIN, "a log says in which format it is");
  if (format > FORMAT_VERSION) {
    throw new RaftStorageError(
      "foreign",
      `the Raft log in ${directory} has format ${format}, this swarmd reads up to ${FORMAT_VERSION}: install the version of swarmd that wrote it`,
    );
  }
  invariant(typeof clusterId === "string", "an identity names its cluster");
  invariant(Number.isSafeInteger(era), "eras are counted");
  return { clusterId, raftId: toRaftId(Number(raftId)), era: Number(era), format };
}

/**
 * Term and vote are one record: if they were two, one could survive a crash without the other, and a member could vote
 * twice in a term.
 */
export function encodeHardState({ term, vote, commit }: HardState): Uint8Array {
  return toBytes({ term, vote, commit });
}

export function decodeHardState(bytes: Uint8Array): HardState {
  const { term, vote, commit } = toFields(bytes);
  return {
    term: toTerm(Number(term)),
    vote: vote === null ? null : toRaftId(Number(vote)),
    commit: toLogIndex(Number(commit)),
  };
}

export function encodeEntryId({ term, index }: EntryId): Uint8Array {
  return toBytes({ term, index });
}

export function decodeEntryId(bytes: Uint8Array): EntryId {
  const { term, index } = toFields(bytes);
  return { term: toTerm(Number(term)), index: toLogIndex(Number(index)) };
}

/** What a complete snapshot is: its description, and how many bytes in how many chunks. */
export interface SnapshotRecord {
  readonly meta: SnapshotMeta;
  readonly bytes: number;
  readonly chunks: number;
}

const SIZES_BYTES = 16;

export function encodeSnapshotRecord({ meta, bytes, chunks }: SnapshotRecord): Uint8Array {
  const encoded = codecs.snapshotMeta.encode(fromSnapshotMeta(meta));
  const record = new Uint8Array(SIZES_BYTES + encoded.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes));
  view.setBigUint64(8, BigInt(chunks));
  record.set(encoded, SIZES_BYTES);
  return record;
}

export function decodeSnapshotRecord(record: Uint8Array): SnapshotRecord {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  return {
    bytes: Number(view.getBigUint64(0)),
    chunks: Number(view.getBigUint64(8)),
    meta: toSnapshotMeta(codecs.snapshotMeta.decode(record.subarray(SIZES_BYTES))),
  };
}

function toBytes(fields: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(fields));
}

function toFields(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}
