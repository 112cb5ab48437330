import { rm } from "node:fs/promises";
import { join } from "node:path";

/** Deletes the manager's log and snapshots; certificates and the worker's files stay. */
export async function removeManagerFiles(dataDir: string): Promise<void> {
  await rm(join(dataDir, "raft"), { recursive: true, force: true });
}
