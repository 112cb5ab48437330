import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import type { Entry } from "../../../../raft/core/entry.ts";
import type { Snapshot } from "../../../../raft/core/snapshot.ts";
import { toLogIndex, toRaftId, toTerm } from "../../../../raft/ids.ts";
import type { LevelRaftStorage, LevelStorageOptions } from "../../../../raft/storage/level-storage.ts";
import { EMPTY_BATCH, type WriteBatch } from "../../../../raft/storage/raft-storage.ts";
import { MemoryKeyFiles, openLevelStorage } from "../../../support/level-storage.ts";
import { snapshotOf } from "../core/fixture.ts";

export type RawDatabase = Level<string, Uint8Array>;

/** What is searched for where nothing may be readable. */
export const SECRET = "a-secret-that-must-not-be-on-disk";
export const IDENTITY = { clusterId: "c".repeat(25), raftId: toRaftId(1), era: 0 };

export function entryAt(index: number, term = 1): Entry {
  return {
    kind: "normal",
    term: toTerm(term),
    index: toLogIndex(index),
    data: Buffer.from(`${SECRET} ${term}/${index}`),
  };
}

export function snapshotAt(index: number, bytes: number): Snapshot {
  return { ...snapshotOf(1, index, [1]), data: Buffer.alloc(bytes, `${SECRET} `) };
}

export function batchOf(parts: Partial<WriteBatch>): WriteBatch {
  return { ...EMPTY_BATCH, ...parts };
}

/** A directory and a key store for as long as a test runs. */
export class Place implements AsyncDisposable {
  readonly directory: string;
  readonly keys = new MemoryKeyFiles();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), "raft-place-")));
  }

  /** With entries 1 to 5 of term 1, each in a record of its own, of which 3 are committed. */
  static async createFilled(): Promise<Place> {
    const place = await Place.create();
    await using storage = await place.open();
    await storage.load();
    await storage.initialise(IDENTITY, batchOf({ entries: [entryAt(1)] }));
    for (const index of [2, 3, 4, 5]) await storage.write(batchOf({ entries: [entryAt(index)] }));
    await storage.write(batchOf({ hardState: { term: toTerm(1), vote: null, commit: toLogIndex(3) } }));
    return place;
  }

  open(options: Partial<LevelStorageOptions> = {}): Promise<LevelRaftStorage> {
    return openLevelStorage(this.directory, this.keys, options);
  }

  /** Opens, loads and closes; what a start of swarmd does with the disk. */
  async load(options: Partial<LevelStorageOptions> = {}): ReturnType<LevelRaftStorage["load"]> {
    await using storage = await this.open(options);
    return await storage.load();
  }

  /** Works on the records as they lie on disk. */
  async tamper(work: (db: RawDatabase) => Promise<unknown>): Promise<void> {
    const db: RawDatabase = new Level(this.directory, { keyEncoding: "utf8", valueEncoding: "view" });
    try {
      await work(db);
    } finally {
      await db.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
