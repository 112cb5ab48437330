import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DATA_KEY_FILE } from "../../raft/storage/data-keys.ts";
import { WITNESS_FILE } from "../../raft/storage/witness.ts";

/**
 * Deletes the manager's log and snapshots, after the key without which no one can read what may be left of them;
 * certificates and the worker's files stay.
 */
export async function removeManagerFiles(dataDir: string): Promise<void> {
  await rm(join(dataDir, "certificates", DATA_KEY_FILE), { force: true });
  await rm(join(dataDir, "raft"), { recursive: true, force: true });
  await rm(join(dataDir, "certificates", WITNESS_FILE), { force: true });
}
