import type { Entry } from "../core/entry.ts";
import { entryBytes, readEntry, writeEntry } from "./entry-codec.ts";
import { WireReader } from "./wire-reader.ts";
import { nestedBytes, WireWriter } from "./wire-writer.ts";

/** Not a field of RaftEntry, so that a record shows whether it holds several entries or, as in formats 1 and 2, one. */
const ENTRIES = 15;

/** Consecutive entries, as they are stored together in one record on disk. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  const lengths = entries.map(entryBytes);
  const writer = new WireWriter(lengths.reduce((sum, length) => sum + nestedBytes(length), 0));
  entries.forEach((entry, at) => {
    writer.nested(ENTRIES, lengths[at] as number);
    writeEntry(writer, entry);
  });
  return writer.bytes;
}

/** At least one, without gaps. @throws Error when the bytes are something else. */
export function decodeEntries(bytes: Uint8Array): readonly [Entry, ...Entry[]] {
  const reader = new WireReader(bytes);
  const entries: Entry[] = [];
  while (reader.next()) {
    if (reader.field !== ENTRIES) return [readEntry(new WireReader(bytes))];
    entries.push(reader.nested(readEntry));
  }
  const [first, ...rest] = entries;
  if (first === undefined) throw new Error("no entry");
  rest.forEach((entry, at) => {
    if (entry.index !== first.index + 1 + at) throw new Error(`entry ${entry.index} in the place of another`);
  });
  return [first, ...rest];
}
