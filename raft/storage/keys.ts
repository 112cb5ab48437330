import type { LogIndex } from "../ids.ts";

/** Names of the records in the log's database. Numbers are fixed-width hexadecimal, so that they sort as numbers. */
export const META_KEY = "meta";
export const HARD_STATE_KEY = "hard";
/** The id of the last compacted entry. */
export const BASE_KEY = "base";
/** Which snapshot is the one: flips, as one record, from a complete old one to a complete new one. */
export const SNAPSHOT_KEY = "snapshot";

const DIGITS = 14;
const ENTRY_PREFIX = "entry/";
const CHUNK_PREFIX = "chunk/";

function hex(value: number): string {
  return value.toString(16).padStart(DIGITS, "0");
}

/** Of the record that begins with the entry at `index`. */
export function entryKey(index: number): string {
  return ENTRY_PREFIX + hex(index);
}

export function indexOfEntryKey(key: string): number {
  return Number.parseInt(key.slice(ENTRY_PREFIX.length), 16);
}

/** Every record of entries. */
export const ENTRIES = { gt: ENTRY_PREFIX, lt: `${ENTRY_PREFIX}~` } as const;

/** Records that begin before `index`. */
export function entriesBefore(index: LogIndex): { readonly gt: string; readonly lt: string } {
  return { gt: ENTRY_PREFIX, lt: entryKey(index) };
}

/** Records that begin at `index` or later. */
export function entriesFrom(index: LogIndex): { readonly gte: string; readonly lt: string } {
  return { gte: entryKey(index), lt: `${ENTRY_PREFIX}~` };
}

export function chunkKey(snapshotIndex: LogIndex, chunk: number): string {
  return `${CHUNK_PREFIX}${hex(snapshotIndex)}/${hex(chunk)}`;
}

/** The chunks of every snapshot older than that at `index`. Newer ones may be in the making. */
export function chunksBefore(index: LogIndex): { readonly gt: string; readonly lt: string } {
  return { gt: CHUNK_PREFIX, lt: `${CHUNK_PREFIX}${hex(index)}/` };
}

/** The chunks of snapshots newer than that at `index`: nothing refers to them when a member starts. */
export function chunksAfter(index: LogIndex): { readonly gt: string; readonly lt: string } {
  return { gt: `${CHUNK_PREFIX}${hex(index)}~`, lt: `${CHUNK_PREFIX}~` };
}
