import type { Operation, RecordDatabase } from "../../../raft/storage/level-database.ts";
import { RaftStorageError } from "../../../raft/storage/storage-error.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { DiskBatch, SimDisk } from "./sim-disk.ts";
import { never, type SimProcess } from "./sim-process.ts";

/** How a disk behaves; a world may change it while it is in use. */
export interface DiskRhythm {
  /** Mean time of a synced write. */
  syncMsMean: number;
  /** One in so many writes takes `stallMs` more; 0 = none does. */
  stallOneIn: number;
  stallMs: number;
  /** One in so many batches finds the journal full; 0 = none does. */
  switchOneIn: number;
  /** Records looked up one by one take a moment. */
  readsTakeTime: boolean;
  /** The write that fails, counted from now; 0 = none does. */
  failsIn: number;
}

export interface DatabaseWorld {
  readonly now: number;
  schedule(delayMs: number, run: () => void): void;
  note(text: string): void;
  /** A promise of the storage was broken. */
  onBroken(sentence: string): void;
}

type KeyRange = Parameters<RecordDatabase["clear"]>[0];

/** Deletions of a range go in batches of about this size, so that a crash can come between them. */
const CLEAR_BATCH = 8;
/** A new journal is a table at most so much later. */
const FLUSH_MS_MAX = 300;

/**
 * A process' handle of its database: what LevelDB is in production. Every call is a point where the process may die.
 */
export class SimDatabase implements RecordDatabase {
  readonly directory: string;
  readonly #disk: SimDisk;
  readonly #epoch: number;
  readonly #process: SimProcess;
  readonly #world: DatabaseWorld;
  readonly #rhythm: DiskRhythm;
  readonly #random: Random;
  #freeAt = 0;
  #isClosed = false;
  #failed = false;

  constructor(
    directory: string,
    disk: SimDisk,
    process: SimProcess,
    world: DatabaseWorld,
    rhythm: DiskRhythm,
    random: Random,
  ) {
    this.directory = directory;
    this.#disk = disk;
    this.#epoch = disk.epoch;
    this.#process = process;
    this.#world = world;
    this.#rhythm = rhythm;
    this.#random = random;
    disk.exists = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get hasFailed(): boolean {
    return this.#failed;
  }

  async get(key: string): Promise<Uint8Array | null> {
    this.#requireOpen();
    if (this.#process.dies("read")) return never();
    const record = this.#disk.current.get(key) ?? null;
    if (this.#rhythm.readsTakeTime) await this.#pass(this.#random.below(3));
    return record;
  }

  iterate(range: KeyRange): AsyncIterable<readonly [key: string, record: Uint8Array]> {
    this.#requireOpen();
    const records = this.#within(range);
    const process = this.#process;
    return (async function* () {
      for (const record of records) {
        if (process.dies("iterate")) await never();
        yield record;
      }
    })();
  }

  batch(operations: readonly Operation[], sync: boolean): Promise<void> {
    return this.#write(operations, sync);
  }

  async clear(range: KeyRange): Promise<void> {
    this.#requireOpen();
    const keys = this.#within(range).map(([key]) => key);
    for (let at = 0; at < keys.length; at += CLEAR_BATCH) {
      await this.#write(
        keys.slice(at, at + CLEAR_BATCH).map((key) => ({ type: "del", key })),
        false,
      );
    }
  }

  async compact(): Promise<void> {
    this.#requireOpen();
    if (this.#process.dies("compact")) return never();
    await this.#pass(this.#random.below(2 * this.#rhythm.syncMsMean + 2));
    if (this.#isAlive()) this.#disk.flushAll();
    if (this.#process.dies("compacted")) return never();
  }

  async close(): Promise<void> {
    if (this.#process.dies("close")) return never();
    await this.#pass(1);
    this.#isClosed = true;
  }

  #write(operations: readonly Operation[], sync: boolean): Promise<void> {
    this.#requireOpen();
    if (this.#failed) this.#world.onBroken(`${this.#process.nodeId} writes after a failed write`);
    if (this.#process.dies("write")) return never();
    const batch = this.#disk.append(operations);
    if (this.#process.dies("write under way")) return never();
    const fails = this.#rhythm.failsIn > 0 && --this.#rhythm.failsIn === 0;
    this.#maybeSwitchJournal();
    return new Promise((resolve, reject) => {
      this.#world.schedule(this.#takesMs(sync), () => {
        if (!this.#isAlive()) return;
        if (fails) this.#fail(reject);
        else this.#complete(batch, sync, resolve);
      });
    });
  }

  #complete(batch: DiskBatch, sync: boolean, resolve: () => void): void {
    this.#disk.complete(batch, sync);
    this.#process.run(() => {
      if (!this.#process.dies("written")) resolve();
    });
  }

  #fail(reject: (error: Error) => void): void {
    this.#failed = true;
    this.#world.note(`writeFailed ${this.#process.nodeId}`);
    const error = new RaftStorageError(
      "disk",
      `the disk refused to write the Raft log in ${this.directory}: simulated`,
    );
    this.#process.run(() => reject(error));
  }

  #takesMs(sync: boolean): number {
    const { syncMsMean, stallOneIn, stallMs } = this.#rhythm;
    const stall = stallOneIn > 0 && this.#random.below(stallOneIn) === 0 ? stallMs : 0;
    const own = sync ? this.#random.below(2 * syncMsMean + 1) : this.#random.below(2);
    // One after the other: a journal has one end.
    this.#freeAt = Math.max(this.#world.now, this.#freeAt) + own + stall;
    return this.#freeAt - this.#world.now;
  }

  #maybeSwitchJournal(): void {
    const { switchOneIn } = this.#rhythm;
    if (switchOneIn === 0 || this.#random.below(switchOneIn) > 0) return;
    this.#disk.switchJournal();
    this.#world.schedule(this.#random.below(FLUSH_MS_MAX), () => {
      if (this.#isAlive()) this.#disk.flushOld();
    });
  }

  #within({ gt, gte, lt, lte }: KeyRange): (readonly [string, Uint8Array])[] {
    const found: (readonly [string, Uint8Array])[] = [];
    for (const record of this.#disk.current) {
      const [key] = record;
      if (gt !== undefined && key <= gt) continue;
      if (gte !== undefined && key < gte) continue;
      if (lt !== undefined && key >= lt) continue;
      if (lte !== undefined && key > lte) continue;
      found.push(record);
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #pass(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#process.after(delayMs, resolve));
  }

  #isAlive(): boolean {
    return this.#disk.epoch === this.#epoch;
  }

  #requireOpen(): void {
    if (this.#isClosed && !this.#process.isDead) throw new Error("Database is not open");
  }
}
