import { invariant, unreachable } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Entry } from "../core/entry.ts";
import type { RaftCore } from "../core/raft-core.ts";
import type { Snapshot, SnapshotMeta } from "../core/snapshot.ts";
import { INDEX_ZERO, type LogIndex, TERM_ZERO, type Term } from "../ids.ts";
import type { StateMachine } from "../raft-handle.ts";
import type { MemberDirectory } from "./member-directory.ts";
import { restoreState } from "./state-transfer.ts";

/** A snapshot that is not encoded yet; what is applied in the meantime does not change it. */
export interface FrozenState {
  readonly meta: SnapshotMeta;
  readonly pieces: Iterable<Uint8Array>;
}

/**
 * Lets committed entries take effect, strictly in log order: on the state machine, the membership, and waiting callers.
 */
export class Applier {
  readonly #core: RaftCore;
  readonly #machine: StateMachine;
  readonly #directory: MemberDirectory;
  readonly #clock: Clock;
  readonly #onApplied: (entry: Entry) => void;
  #index: LogIndex;
  #term: Term = TERM_ZERO;
  #isRestoring = false;

  constructor(
    core: RaftCore,
    machine: StateMachine,
    directory: MemberDirectory,
    clock: Clock,
    onApplied: (entry: Entry) => void,
  ) {
    this.#core = core;
    this.#machine = machine;
    this.#directory = directory;
    this.#clock = clock;
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

  /** The state machine is between two states: it must be neither read nor frozen. */
  get isRestoring(): boolean {
    return this.#isRestoring;
  }

  apply(entry: Entry): void {
    invariant(
      !this.#isRestoring && entry.index === this.#index + 1,
      () => `entry ${entry.index} is applied after ${this.#index}`,
    );
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

  /** A snapshot received from the leader replaces everything. Nothing may be applied before it resolves. */
  async restore(snapshot: Snapshot): Promise<void> {
    const { meta } = snapshot;
    this.#isRestoring = true;
    await restoreState(this.#machine, snapshot, this.#clock);
    this.#directory.restore(meta);
    this.#index = meta.index;
    this.#term = meta.term;
    this.#isRestoring = false;
  }

  /** The state as of now, to be encoded. The configuration is that of the same index: the two only change here. */
  freeze(term: Term): FrozenState | null {
    if (this.#index === INDEX_ZERO) return null;
    const meta: SnapshotMeta = {
      index: this.#index,
      term,
      confState: this.#core.confState,
      members: this.#directory.members,
      removed: this.#directory.removed,
    };
    return { meta, pieces: this.#machine.snapshot() };
  }
}
