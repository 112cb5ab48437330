import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimPlace } from "../sim/raft-full/sim-place.ts";
import { MemoryKeyFiles, openLevelStorage } from "../support/level-storage.ts";
import { MemoryRaftStorage } from "../support/memory-storage.ts";
import { raftStorageContract } from "./raft-storage.ts";

raftStorageContract("memory", async () => {
  const storage = new MemoryRaftStorage();
  return { open: async () => storage, remove: async () => {} };
});

raftStorageContract("level", async () => {
  const directory = await mkdtemp(join(tmpdir(), "raft-storage-"));
  const keys = new MemoryKeyFiles();
  return {
    open: () => openLevelStorage(directory, keys),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
});

raftStorageContract("level above a simulated disk", createSimPlace);
