import type { LogIndex, RaftId, RaftMember, Term } from "../ids.ts";

/** The configuration as data: what snapshots carry and a restart starts from. Lists are sorted. */
export interface ConfState {
  readonly voters: readonly RaftId[];
  readonly learners: readonly RaftId[];
  /** The old half while the configuration is joint, else empty. */
  readonly votersOutgoing: readonly RaftId[];
  /** Voters of the old half that become learners on leaving the joint configuration. */
  readonly learnersNext: readonly RaftId[];
  /** The leader leaves the joint configuration by itself. */
  readonly autoLeave: boolean;
}

export const EMPTY_CONF_STATE: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** Whether `id` has any part in the configuration. */
export function isInConfState({ voters, learners, votersOutgoing }: ConfState, id: RaftId): boolean {
  // learnersNext are outgoing voters.
  return voters.includes(id) || learners.includes(id) || votersOutgoing.includes(id);
}

/** Everything about a snapshot but the state itself. */
export interface SnapshotMeta {
  readonly index: LogIndex;
  readonly term: Term;
  readonly confState: ConfState;
  /** Members with their addresses as of `index`; the core passes them on without looking. */
  readonly members: readonly RaftMember[];
  /** Every id that ever left the group: none is given out again, and whoever still uses one is told. Sorted. */
  readonly removed: readonly RaftId[];
}

/** The state machine's state as of `meta.index`. It replaces the log up to there. */
export interface Snapshot {
  readonly meta: SnapshotMeta;
  readonly data: Uint8Array;
}
