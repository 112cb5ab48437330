import type { Entry } from "../../../raft/core/entry.ts";
import type { HardState } from "../../../raft/core/options.ts";
import type { Snapshot } from "../../../raft/core/snapshot.ts";
import { StableLog } from "../../../raft/core/stable-log.ts";
import type { LogIndex } from "../../../raft/ids.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { Canary } from "./options.ts";

export interface Batch {
  readonly hardState: HardState | null;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | null;
}

/**
 * A disk that keeps batches whole and in order, as LevelDB's journal does, and of those that were not synced any
 * number, from the oldest on, survives a crash.
 */
export class SimDisk {
  hardState: HardState | null = null;
  log: StableLog;
  readonly #canary: Canary;
  /** Written, or being written, since the last sync. */
  #unsynced: Batch[] = [];

  constructor(canary: Canary, log = new StableLog()) {
    this.#canary = canary;
    this.log = log;
  }

  begin(batch: Batch): void {
    this.#unsynced.push(batch);
  }

  /** The oldest `count` batches are safe now. */
  sync(batch: Batch): void {
    if (this.#canary === "lyingDisk") return;
    const count = this.#unsynced.indexOf(batch) + 1;
    this.#keep(count);
  }

  /** A snapshot of the member's own state, written and synced at once, with everything before it. */
  saveSnapshot(snapshot: Snapshot, compactTo: LogIndex): void {
    this.#keep(this.#unsynced.length);
    this.log.setSnapshot(snapshot);
    this.log.compact(compactTo);
  }

  /** Loses power; returns how many batches were lost. */
  crash(random: Random): number {
    const survivors = random.below(this.#unsynced.length + 1);
    const lost = this.#unsynced.length - survivors;
    this.#keep(survivors);
    this.#unsynced = [];
    if (this.#canary === "forgottenVote" && this.hardState !== null) this.hardState = { ...this.hardState, vote: null };
    if (this.#canary === "wipedDisk" && random.below(3) === 0) {
      this.hardState = null;
      this.log = new StableLog();
    }
    return lost;
  }

  /** What a restart reads. */
  read(): { hardState: HardState | null; log: StableLog } {
    const { base, entries, snapshot } = this.log.contents;
    return { hardState: this.hardState, log: new StableLog(base, entries, snapshot) };
  }

  #keep(count: number): void {
    for (const { hardState, entries, snapshot } of this.#unsynced.splice(0, count)) {
      if (hardState !== null) this.hardState = hardState;
      if (snapshot !== null) this.log.install(snapshot);
      this.log.append(entries);
    }
  }
}
