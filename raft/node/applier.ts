import { invariant, unreachable } from "../../shared/invariant.ts";
import type { Entry } from "../core/entry.ts";
import { INDEX_ZERO, TERM_ZERO } from "../core/ids.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { Snapshot, SnapshotMeta } from "../core/snapshot.ts";
import type { LogIndex, StateMachine, Term } from "../raft-handle.ts";
import type { MemberDirectory } from "./member-directory.ts";

/** Lets committed entries take effect, strictly in log order: on the state machine, the membership, and who waits. */
export class Applier {
  readonly #core: RaftCore;
  readonly #machine: StateMachine;
  readonly #directory: MemberDirectory;
  readonly #onApplied: (entry: Entry) => void;
  #index: LogIndex;
  #term: Term = TERM_ZERO;

  constructor(core: RaftCore, machine: StateMachine, directory: MemberDirectory, onApplied: (entry: Entry) => void) {
    this.#core = core;
    this.#machine = machine;
    this.#directory = directory;
    this.#onApplied = onApplied;
    this.#index = core.applied;
  }

  get index(): LogIndex {
    return this.#index;
  }

  /** The term of the last applied entry; TERM_ZERO when that is not known (after a snapshot). */
  get term(): Term {
    return this.#term;
  }

  apply(entry: Entry): void {
    invariant(entry.index === this.#index + 1, () => `entry ${entry.index} is applied after ${this.#index}`);
    switch (entry.kind) {
      case "normal":
        if (entry.data.length > 0) this.#machine.apply(entry.index, entry.data);
        break;
      case "confChange":
        this.#core.step({ kind: "confChangeApplied", change: entry.change });
        this.#directory.apply(entry.change, this.#core.configuration);
        break;
      default:
        unreachable(entry);
    }
    this.#index = entry.index;
    this.#term = entry.term;
    this.#onApplied(entry);
  }

  /** A snapshot received from the leader replaces everything. */
  restore({ meta, data }: Snapshot): void {
    this.#machine.restore(meta.index, data);
    this.#directory.restore(meta);
    this.#index = meta.index;
    this.#term = meta.term;
  }

  /** The state as of now. The configuration is that of the same index, because the two only change here. */
  takeSnapshot(term: Term): Snapshot | null {
    if (this.#index === INDEX_ZERO) return null;
    const meta: SnapshotMeta = {
      index: this.#index,
      term,
      confState: this.#core.confState,
      members: this.#directory.members,
      removed: this.#directory.removed,
    };
    return { meta, data: this.#machine.snapshot() };
  }
}
