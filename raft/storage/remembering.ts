import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { HardState } from "../core/options.ts";
import type { StorageIdentity, StoredState } from "./raft-storage.ts";
import { damaged, RaftStorageError } from "./storage-error.ts";
import type { Witness, WitnessFile } from "./witness.ts";

/** A witness costs a synced write in addition to the log's own, so it is not written more often than this. */
const WITNESS_INTERVAL_MS = 1_000;

/** Keeps the witness up to date, and consults it when a log is read. */
export class Remembering {
  readonly #file: WitnessFile;
  readonly #clock: Clock;
  readonly #log: Logger;
  #identity: StorageIdentity | null = null;
  #written: Witness | null = null;
  #writtenAt: InstantMs = Number.NEGATIVE_INFINITY;
  #synced: HardState | null = null;
  #last = 0;
  #timer: Disposable | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(file: WitnessFile, clock: Clock, log: Logger) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Returns the last entry the log once had, as far as is known.
   * @throws RaftStorageError when the log is not that which this node had, or an earlier state of it.
   */
  async check(directory: string, state: StoredState): Promise<number> {
    const { identity, hardState, base, entries } = state;
    const witness = this.#written ?? (await this.#file.load());
    if (witness !== null) refuseIfBehind(directory, state, witness);
    // Not before: a refused log must not become the one that is remembered.
    this.#written = witness;
    this.#identity = identity;
    this.#synced = hardState;
    this.#last = base.index + entries.length;
    return Math.max(this.#last, witness?.last ?? 0);
  }

  /** The log belongs to this member from now on. */
  begin(identity: StorageIdentity): void {
    this.#identity = identity;
  }

  /** This, and everything before it, is on disk for good. */
  onSynced(hardState: HardState | null, last: number): void {
    this.#synced = hardState;
    this.#last = last;
    // An entry that was overwritten must not be missed after a crash.
    const isCut = this.#written !== null && last < this.#written.last;
    const waitMs = this.#writtenAt + WITNESS_INTERVAL_MS - this.#clock.now();
    if (isCut || waitMs <= 0) this.#write();
    else this.#timer ??= this.#clock.schedule(waitMs, "raft witness", () => this.#write());
  }

  /** Writes what the log ends with; resolves when nothing is being written. */
  async end(): Promise<void> {
    await this.#writing;
    this.#write();
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
  }

  #write(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    // What is new by then is written with the next change, or at the end.
    if (this.#isWriting) return;
    if (this.#identity === null || this.#synced === null) return;
    const { term, commit } = this.#synced;
    const { clusterId, raftId } = this.#identity;
    const witness = { clusterId, raftId, term, commit, last: this.#last };
    if (JSON.stringify(witness) === JSON.stringify(this.#written)) return;
    this.#written = witness;
    this.#writtenAt = this.#clock.now();
    this.#isWriting = true;
    this.#writing = this.#file
      .save(witness)
      // The log itself is in order, and will report it if the disk is not.
      .catch((error: unknown) => this.#log.warn(`the Raft log's witness is not written: ${messageOf(error)}`))
      .finally(() => {
        this.#isWriting = false;
      });
  }
}

function refuseIfBehind(directory: string, { identity, hardState }: StoredState, witness: Witness): void {
  const { clusterId, raftId } = witness;
  if (identity === null) throw damaged(directory, `it is empty, but member ${raftId} had its log there`);
  if (identity.clusterId !== clusterId || identity.raftId !== raftId) {
    throw new RaftStorageError(
      "foreign",
      `the Raft log in ${directory} belongs to member ${identity.raftId} of the swarm ${identity.clusterId}, this node is member ${raftId} of ${clusterId}: put its own log back, or move that directory away and start swarmd again`,
    );
  }
  const { term, commit } = hardState ?? { term: 0, commit: 0 };
  if (term >= witness.term && commit >= witness.commit) return;
  const ends = `it ends at term ${term}, commit index ${commit}`;
  const had = `this member had already stored term ${witness.term}, commit index ${witness.commit}`;
  throw damaged(directory, `${ends}, but ${had}: its newest part is lost, or an old copy was put back`);
}
