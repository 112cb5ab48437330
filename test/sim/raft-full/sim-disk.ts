import { crc32 } from "node:zlib";
import { BASE_KEY, entryKey, HARD_STATE_KEY } from "../../../raft/storage/keys.ts";
import type { Operation } from "../../../raft/storage/level-database.ts";
import type { Random } from "../../../shared/ports/random.ts";

/** One atomic write. */
export interface DiskBatch {
  readonly operations: readonly Operation[];
  /** The process was told that it is written. */
  isConfirmed: boolean;
}

interface Journal {
  readonly batches: DiskBatch[];
  /** So many of them are on the medium for good. */
  synced: number;
}

/** How a process ends: with the machine, or alone, when what it wrote stays in the kernel. */
export type Ending = "powerLoss" | "kill";

/** Damage to the files below the records. */
export type FileDamage = "none" | "journalMiddle" | "manifestLost" | "currentLost";

const ENTRY_PREFIX = entryKey(0).slice(0, -14);

/**
 * A directory with a LevelDB in it, as far as a crash can tell: tables that are safe, and journals of whole batches of
 * which a loss of power leaves some first ones, at least those that were synced. When LevelDB turns to a new journal
 * the end of the old one is not synced with it, so it may be lost although the new one's batches survive.
 */
export class SimDisk {
  /** What the running process reads. */
  current = new Map<string, Uint8Array>();
  /** There is a database, though it may be empty. */
  exists = false;
  /** How often all was lost: two generations have nothing to do with each other. */
  generation = 0;
  /** Changes when writes that are under way lose their meaning. */
  epoch = 0;
  tornTail = false;
  fileDamage: FileDamage = "none";
  #tables = new Map<string, Uint8Array>();
  #journals: Journal[] = [{ batches: [], synced: 0 }];
  #lies = false;
  /** What a loss of power would leave. */
  #syncedTail: readonly [string, Uint8Array] | null = null;
  #syncedHard: Uint8Array | null = null;
  #syncedBase: Uint8Array | null = null;

  get lies(): boolean {
    return this.#lies;
  }

  /** The sealed record of the last entries there would be; null = none, all is in the snapshot. */
  get syncedTail(): readonly [key: string, record: Uint8Array] | null {
    return this.#syncedTail;
  }

  /** The sealed record that says where the log begins. */
  get syncedBase(): Uint8Array | null {
    return this.#syncedBase;
  }

  /** The sealed record of term and vote that a loss of power would leave. */
  get syncedHard(): Uint8Array | null {
    return this.#syncedHard;
  }

  /** Of everything the running process reads, byte by byte. */
  get checksum(): number {
    return this.keys().reduce((sum, key) => crc32(this.current.get(key) ?? "", crc32(key, sum)), 0);
  }

  append(operations: readonly Operation[]): DiskBatch {
    const batch = { operations, isConfirmed: false };
    this.#active.batches.push(batch);
    apply(this.current, operations);
    return batch;
  }

  /** The write is over; with `sync`, everything before it in the same journal is safe too. */
  complete(batch: DiskBatch, sync: boolean): void {
    batch.isConfirmed = true;
    if (!sync || this.#lies) return;
    for (const journal of this.#journals) {
      const at = journal.batches.indexOf(batch);
      if (at >= journal.synced) this.#sync(journal, at + 1);
    }
    this.#fold();
  }

  /** LevelDB begins a new journal; the old one is neither synced nor gone yet. */
  switchJournal(): void {
    this.#journals.push({ batches: [], synced: 0 });
  }

  /** All journals but the active one have become tables. */
  flushOld(): void {
    if (this.#lies) return;
    for (const journal of this.#journals.slice(0, -1)) this.#sync(journal, journal.batches.length);
    this.#fold();
  }

  flushAll(): void {
    if (this.#lies) return;
    for (const journal of this.#journals) this.#sync(journal, journal.batches.length);
    this.#fold();
  }

  /** From now on it confirms what it does not keep. */
  beginToLie(): void {
    this.#lies = true;
  }

  /** Loses what it may lose; returns how many batches. */
  crash(random: Random, ending: Ending): number {
    this.epoch++;
    let lost = 0;
    for (const { batches, synced } of this.#journals) {
      const safe = ending === "kill" ? confirmedCount(batches) : synced;
      const kept = safe + random.below(batches.length - safe + 1);
      lost += batches.length - kept;
      for (const { operations } of batches.slice(0, kept)) apply(this.#tables, operations);
    }
    this.tornTail = ending === "powerLoss" && lost > 0 && random.below(2) === 0;
    this.#lies = false;
    this.#begin(this.#tables);
    return lost;
  }

  /** Someone moves the directory away. */
  wipe(): void {
    this.epoch++;
    this.generation++;
    this.exists = false;
    this.tornTail = false;
    this.fileDamage = "none";
    this.#lies = false;
    this.#begin(new Map());
  }

  /** A bit of a stored record is not what it was. */
  flip(key: string, bit: number): void {
    const record = Uint8Array.from(this.current.get(key) ?? []);
    const at = bit >> 3;
    record[at] = (record[at] ?? 0) ^ (1 << (bit & 7));
    this.#tables.set(key, record);
    this.#begin(this.#tables);
  }

  /** In order of their names. */
  keys(): readonly string[] {
    return [...this.current.keys()].sort();
  }

  #begin(tables: Map<string, Uint8Array>): void {
    this.#tables = tables;
    this.current = new Map(tables);
    this.#journals = [{ batches: [], synced: 0 }];
    this.#remember(tables);
  }

  get #active(): Journal {
    return this.#journals.at(-1) as Journal;
  }

  #sync(journal: Journal, count: number): void {
    const fresh = journal.batches.slice(journal.synced, count);
    journal.synced = Math.max(journal.synced, count);
    if (journal !== this.#active || !this.#noteSynced(fresh)) this.#findSynced();
  }

  /** Returns false where it takes a look at everything to know what is synced now. */
  #noteSynced(batches: readonly DiskBatch[]): boolean {
    for (const { operations } of batches) {
      for (const operation of operations) {
        const { key } = operation;
        const isTail = key.startsWith(ENTRY_PREFIX) && key >= (this.#syncedTail?.[0] ?? "");
        if (operation.type === "del") {
          if (isTail) return false;
          continue;
        }
        if (key === HARD_STATE_KEY) this.#syncedHard = operation.value;
        if (key === BASE_KEY) this.#syncedBase = operation.value;
        if (isTail) this.#syncedTail = [key, operation.value];
      }
    }
    return true;
  }

  #findSynced(): void {
    const records = new Map(this.#tables);
    for (const { batches, synced } of this.#journals) {
      for (const { operations } of batches.slice(0, synced)) apply(records, operations);
    }
    this.#remember(records);
  }

  #remember(records: ReadonlyMap<string, Uint8Array>): void {
    this.#syncedHard = records.get(HARD_STATE_KEY) ?? null;
    this.#syncedBase = records.get(BASE_KEY) ?? null;
    this.#syncedTail = tailOf(records);
  }

  /** What is safe in the oldest journal is as good as in a table. */
  #fold(): void {
    for (;;) {
      const oldest = this.#journals[0] as Journal;
      for (const { operations } of oldest.batches.splice(0, oldest.synced)) apply(this.#tables, operations);
      oldest.synced = 0;
      if (oldest.batches.length > 0 || this.#journals.length === 1) return;
      this.#journals.shift();
    }
  }
}

function apply(records: Map<string, Uint8Array>, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.type === "put") records.set(operation.key, operation.value);
    else records.delete(operation.key);
  }
}

function confirmedCount(batches: readonly DiskBatch[]): number {
  return batches.findLastIndex(({ isConfirmed }) => isConfirmed) + 1;
}

function tailOf(records: ReadonlyMap<string, Uint8Array>): readonly [string, Uint8Array] | null {
  let tail: readonly [string, Uint8Array] | null = null;
  for (const record of records) {
    if (record[0].startsWith(ENTRY_PREFIX) && record[0] > (tail?.[0] ?? "")) tail = record;
  }
  return tail;
}
