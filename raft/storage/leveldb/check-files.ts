import { BrokenFile } from "./byte-reader.ts";
import { readJournal } from "./journal-file.ts";
import { readManifest } from "./manifest.ts";
import { checkTable } from "./table-file.ts";

/** The files of one directory. */
export interface DatabaseFiles {
  /** Names of all; empty when there is no such directory. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Buffer>;
}

export interface FilesReport {
  /** There is no database yet. */
  readonly isNew: boolean;
  /** Bytes at the end of journals that LevelDB will drop. */
  readonly tornBytes: number;
}

const CURRENT = "CURRENT";

/**
 * Judges a database before it is opened.
 * @throws BrokenFile with the file's name when one is missing or damaged in a way that a crash does not explain.
 */
export async function checkFiles(files: DatabaseFiles): Promise<FilesReport> {
  const names = new Set(await files.list());
  const journals = [...names].flatMap((name) => numberOf(name, "log"));
  const tables = [...names].flatMap((name) => numberOf(name, "ldb", "sst"));
  if (!names.has(CURRENT)) {
    // Before CURRENT exists there is only a MANIFEST; without CURRENT, LevelDB would start afresh and delete the rest.
    if (journals.length + tables.length > 0) throw new BrokenFile(`${CURRENT} is missing`);
    return { isNew: true, tornBytes: 0 };
  }
  const manifest = (await files.read(CURRENT)).toString("utf8");
  if (!/^MANIFEST-\d+\n$/.test(manifest)) throw new BrokenFile(`${CURRENT} does not name a file`);
  const manifestName = manifest.trim();
  if (!names.has(manifestName)) throw new BrokenFile(`${manifestName} is missing`);
  const list = within(manifestName, readManifest, await files.read(manifestName));
  if (list.journal === 0 && list.tables.size === 0) return { isNew: true, tornBytes: 0 };
  if (!journals.includes(list.journal)) throw new BrokenFile(`${fileName(list.journal, "log")} is missing`);
  for (const [number, size] of list.tables) await checkOneTable(files, names, number, size);
  let tornBytes = 0;
  for (const number of journals.filter((journal) => journal >= list.journal)) {
    const name = fileName(number, "log");
    tornBytes += within(name, readJournal, await files.read(name)).tornBytes;
  }
  return { isNew: false, tornBytes };
}

async function checkOneTable(
  files: DatabaseFiles,
  names: ReadonlySet<string>,
  number: number,
  size: number,
): Promise<void> {
  const name = [fileName(number, "ldb"), fileName(number, "sst")].find((candidate) => names.has(candidate));
  if (name === undefined) throw new BrokenFile(`${fileName(number, "ldb")} is missing`);
  const bytes = await files.read(name);
  if (bytes.length !== size) throw new BrokenFile(`${name} has ${bytes.length} of ${size} bytes`);
  within(name, checkTable, bytes);
}

function within<T>(name: string, read: (bytes: Buffer) => T, bytes: Buffer): T {
  try {
    return read(bytes);
  } catch (error) {
    throw error instanceof BrokenFile ? new BrokenFile(`${name}: ${error.message}`) : error;
  }
}

function numberOf(name: string, ...extensions: readonly string[]): readonly number[] {
  const [, digits, extension] = /^(\d+)\.([a-z]+)$/.exec(name) ?? [];
  return digits !== undefined && extensions.includes(extension ?? "") ? [Number(digits)] : [];
}

function fileName(number: number, extension: string): string {
  return `${String(number).padStart(6, "0")}.${extension}`;
}
