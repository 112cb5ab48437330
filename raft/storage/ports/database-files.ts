import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseFiles } from "../leveldb/check-files.ts";

/** The files of `directory`, which need not exist. Rejects where the disk does not let them be read. */
export function databaseFilesIn(directory: string): DatabaseFiles {
  return {
    async list() {
      try {
        return await readdir(directory);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    },
    read: (name) => readFile(join(directory, name)),
  };
}
