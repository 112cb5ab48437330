import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LevelRaftStorage } from "../../raft/storage/level-storage.ts";
import { MemoryRaftStorage } from "../../raft/storage/memory-storage.ts";
import { raftStorageContract } from "./raft-storage.ts";

raftStorageContract("memory", async () => {
  const storage = new MemoryRaftStorage();
  return { open: async () => storage, remove: async () => {} };
});

raftStorageContract("level", async () => {
  const directory = await mkdtemp(join(tmpdir(), "raft-storage-"));
  return {
    open: () => LevelRaftStorage.open(directory),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
});
