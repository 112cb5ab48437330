import type { RecordDatabase } from "../../../raft/storage/level-database.ts";
import type { RaftStorage } from "../../../raft/storage/raft-storage.ts";
import type { KeyFiles } from "../../../shared/pki/ports/key-files.ts";

/** A bug of the production shell, planted at one of its ports; the checkers must notice it. */
export type FullCanary = "none";

export function plantInStorage(_canary: FullCanary, storage: RaftStorage): RaftStorage {
  return storage;
}
export function plantInDatabase(_canary: FullCanary, database: RecordDatabase): RecordDatabase {
  return database;
}
export function plantInKeyFiles(_canary: FullCanary, keys: KeyFiles): KeyFiles {
  return keys;
}
