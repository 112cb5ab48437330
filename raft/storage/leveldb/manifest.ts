import { BrokenFile, ByteReader } from "./byte-reader.ts";
import { readJournal } from "./journal-file.ts";

/** What LevelDB says its database consists of. */
export interface FileList {
  /** Sizes in bytes of the tables, by number. */
  readonly tables: ReadonlyMap<number, number>;
  /** The oldest journal that is not in a table yet; 0 = the database was never opened to its end. */
  readonly journal: number;
}

const TAGS = {
  comparator: 1,
  journal: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousJournal: 9,
} as const;

/** Replays a MANIFEST. @throws BrokenFile. */
export function readManifest(bytes: Buffer): FileList {
  const tables = new Map<number, number>();
  let journal = 0;
  // A torn end is an edit that never took effect: the files from before it are still there.
  const { records } = readJournal(bytes);
  if (records.length === 0) throw new BrokenFile("it says nothing");
  for (const record of records) {
    const reader = new ByteReader(record);
    const { added, deleted, journal: newest } = readEdit(reader);
    for (const number of deleted) tables.delete(number);
    for (const [number, size] of added) tables.set(number, size);
    journal = newest ?? journal;
  }
  return { tables, journal };
}

interface Edit {
  readonly added: readonly (readonly [number: number, size: number])[];
  readonly deleted: readonly number[];
  readonly journal: number | null;
}

function readEdit(reader: ByteReader): Edit {
  const added: [number, number][] = [];
  const deleted: number[] = [];
  let journal: number | null = null;
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    switch (tag) {
      case TAGS.comparator:
        reader.prefixed();
        break;
      case TAGS.journal:
        journal = reader.varint();
        break;
      case TAGS.nextFile:
      case TAGS.lastSequence:
      case TAGS.previousJournal:
        reader.varint();
        break;
      case TAGS.compactPointer:
        reader.varint();
        reader.prefixed();
        break;
      case TAGS.deletedFile:
        reader.varint();
        deleted.push(reader.varint());
        break;
      case TAGS.newFile:
        reader.varint();
        added.push([reader.varint(), reader.varint()]);
        reader.prefixed();
        reader.prefixed();
        break;
      default:
        throw new BrokenFile(`it has an entry of the unknown kind ${tag}`);
    }
  }
  return { added, deleted, journal };
}
