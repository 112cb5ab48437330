import { Level } from "level";
import { messageOf } from "../../shared/errors.ts";
import { damaged, RaftStorageError } from "./storage-error.ts";

export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: string };

/** Bounds of keys; without one, all of that side. */
interface KeyRange {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
}

/** What the log needs from a database: sorted records, and batches that are written as a whole or not at all. */
export interface RecordDatabase {
  readonly directory: string;
  get(key: string): Promise<Uint8Array | null>;
  /** In order of keys, as of the call. */
  iterate(range: KeyRange): AsyncIterable<readonly [key: string, record: Uint8Array]>;
  batch(operations: readonly Operation[], sync: boolean): Promise<void>;
  clear(range: KeyRange): Promise<void>;
  /** Drops overwritten and deleted records from the files. */
  compact(): Promise<void>;
  close(): Promise<void>;
}

/** What `level` does not declare, since browsers have no such thing. */
interface Compactable {
  compactRange(from: string, to: string): Promise<void>;
}

type LevelError = Error & { readonly code?: string };

/**
 * LevelDB in `directory`, made when it is not there.
 * @throws RaftStorageError inUse, corrupt or disk; all later calls reject with corrupt or disk.
 */
export async function openLevel(directory: string): Promise<RecordDatabase> {
  const db = new Level<string, Uint8Array>(directory, {
    keyEncoding: "utf8",
    valueEncoding: "view",
    // Encrypted data does not compress.
    compression: false,
  });
  try {
    await db.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? (error.cause as LevelError) : null;
    throw openingError(directory, cause, error);
  }
  /** A failed read means damage; a failed write, a disk that refuses it. */
  const guarded = async <T>(kind: "read" | "write", work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw runningError(directory, kind, error);
    }
  };
  return {
    directory,
    get: (key) => guarded("read", async () => (await db.get(key)) ?? null),
    async *iterate(range) {
      try {
        yield* db.iterator(range);
      } catch (error) {
        throw runningError(directory, "read", error);
      }
    },
    batch: (operations, sync) => guarded("write", () => db.batch([...operations], { sync })),
    clear: (range) => guarded("write", () => db.clear(range)),
    // From before the first key to behind the last one: keys are ASCII.
    compact: () => guarded("write", () => (db as unknown as Compactable).compactRange("\0", "\x7f")),
    close: () => db.close(),
  };
}

function openingError(directory: string, cause: LevelError | null, error: unknown): RaftStorageError {
  const why = messageOf(cause ?? error);
  if (cause?.code === "LEVEL_LOCKED") {
    return new RaftStorageError("inUse", `${directory} is in use by another swarmd`, { cause: error });
  }
  // LevelDB says "not found" even about files in its own list.
  if (cause?.code === "LEVEL_CORRUPTION" || /Corruption|No such file/.test(why)) {
    return damaged(directory, toSentence(why), error);
  }
  return new RaftStorageError("disk", `the Raft log in ${directory} cannot be opened: ${toSentence(why)}`, {
    cause: error,
  });
}

function runningError(directory: string, kind: "read" | "write", error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RaftStorageError) return error;
  const { code } = error as LevelError;
  if (code !== "LEVEL_CORRUPTION" && code !== "LEVEL_IO_ERROR" && kind === "read") return error;
  const why = toSentence(error.message);
  if (code === "LEVEL_CORRUPTION") return damaged(directory, why, error);
  return new RaftStorageError("disk", `the disk refused to ${kind} the Raft log in ${directory}: ${why}`, {
    cause: error,
  });
}

/** "IO error: /a/b/000005.ldb: No such file or directory" and the like, as it stands. */
function toSentence(why: string): string {
  return why.replace(/^(Corruption|IO error|NotFound): /, "").trim();
}
