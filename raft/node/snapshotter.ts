import { invariant } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { RaftCore } from "../core/raft-core.ts";
import { isInConfState, type Snapshot } from "../core/snapshot.ts";
import type { StableLog } from "../core/stable-log.ts";
import { indexPlus, type LogIndex, toLogIndex } from "../ids.ts";
import type { RaftStorage } from "../storage/raft-storage.ts";
import type { Applier, FrozenState } from "./applier.ts";
import type { SnapshotSettings } from "./node-options.ts";
import { readState } from "./state-transfer.ts";

export interface SnapshotterOptions {
  readonly clock: Clock;
  readonly settings: () => SnapshotSettings;
}

/**
 * Lets the log be cut: every `interval` applied entries the state is stored, and what lies more than `keepEntries`
 * behind it is forgotten. Encoding and storing run beside the loop; memory follows only when the disk has confirmed.
 */
export class Snapshotter {
  readonly #core: RaftCore;
  readonly #applier: Applier;
  readonly #stable: StableLog;
  readonly #storage: RaftStorage;
  readonly #options: SnapshotterOptions;
  #lastIndex: LogIndex;
  #saving: Promise<void> | null = null;
  readonly #abort = new AbortController();

  constructor(core: RaftCore, applier: Applier, stable: StableLog, storage: RaftStorage, options: SnapshotterOptions) {
    this.#core = core;
    this.#applier = applier;
    this.#stable = stable;
    this.#storage = storage;
    this.#options = options;
    this.#lastIndex = stable.snapshot()?.meta.index ?? toLogIndex(0);
  }

  /** Begins to store a snapshot if it is time; `onStored` runs in the loop, once it is on disk. */
  maybeStart(inLoop: (run: () => void) => void, onFailure: (error: unknown) => void): void {
    if (this.#saving !== null || this.#applier.isRestoring || !this.#isTime()) return;
    const term = this.#stable.term(this.#applier.index);
    invariant(typeof term === "number", () => `the applied entry ${this.#applier.index} is not in the log`);
    const frozen = this.#applier.freeze(term);
    if (frozen === null) return;
    this.#lastIndex = frozen.meta.index;
    const compactTo = toLogIndex(Math.max(0, frozen.meta.index - this.#options.settings().keepEntries));
    this.#saving = this.#save(frozen, compactTo, inLoop)
      .catch(onFailure)
      .finally(() => {
        this.#saving = null;
      });
  }

  /** A received snapshot has taken the place of the log. */
  onRestored(index: LogIndex): void {
    this.#lastIndex = index;
  }

  /** Gives up what is being encoded; resolves when nothing is being stored. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#saving;
  }

  #isTime(): boolean {
    const fresh = this.#applier.index - this.#lastIndex;
    if (fresh >= this.#options.settings().interval) return true;
    return fresh > 0 && this.#isMissedByPeer();
  }

  /**
   * A peer needs a snapshot, and the existing one was taken before the peer was added: the peer would not find itself
   * in it.
   */
  #isMissedByPeer(): boolean {
    const snapshot = this.#stable.snapshot();
    if (snapshot === null) return false;
    const first = this.#stable.firstIndex();
    for (const [id, { match }] of this.#core.progress) {
      if (match + 1 < first && !isInConfState(snapshot.meta.confState, id)) return true;
    }
    return false;
  }

  async #save({ meta, pieces }: FrozenState, compactTo: LogIndex, inLoop: (run: () => void) => void): Promise<void> {
    const data = await readState(pieces, this.#options.clock, this.#abort.signal);
    if (data === null) return;
    const snapshot: Snapshot = { meta, data };
    await this.#storage.saveSnapshot(snapshot, compactTo);
    inLoop(() => {
      this.#stable.setSnapshot(snapshot);
      // A received snapshot may have replaced the log in the meantime.
      if (compactTo < indexPlus(this.#stable.lastIndex(), 1)) this.#stable.compact(compactTo);
    });
  }
}
