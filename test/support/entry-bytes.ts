import type { Entry } from "../../raft/core/entry.ts";
import { entryBytes, readEntry, writeEntry } from "../../raft/wire/entry-codec.ts";
import { WireReader } from "../../raft/wire/wire-reader.ts";
import { WireWriter } from "../../raft/wire/wire-writer.ts";

/** An entry by itself; in production it stands in frames and records. */
export function encodeEntry(entry: Entry): Uint8Array {
  const writer = new WireWriter(entryBytes(entry));
  writeEntry(writer, entry);
  return writer.bytes;
}

/** @throws Error when the bytes are no entry. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return readEntry(new WireReader(bytes));
}
