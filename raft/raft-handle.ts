import type { LogIndex, RaftId, RaftMember, Term } from "./ids.ts";

export interface RaftStatus {
  readonly raftId: RaftId;
  readonly term: Term;
  readonly role: "follower" | "preCandidate" | "candidate" | "leader";
  /** null = no leader known. */
  readonly leader: RaftId | null;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly members: readonly RaftMember[];
  /** Only on the leader: members heard from within the last election timeout, itself included. */
  readonly reachable: ReadonlySet<RaftId>;
}

/** Who may elect a leader. */
export interface Electorate {
  /** As applied here. */
  readonly voters: ReadonlySet<RaftId>;
  /** Members heard from within the last election timeout, this one included, whoever leads. */
  readonly heard: ReadonlySet<RaftId>;
}

/** What the log drives. Calls come in log order, one at a time, and must be synchronous and deterministic. */
export interface StateMachine {
  /** `data` is what was proposed; empty entries and membership changes are not passed on. */
  apply(index: LogIndex, data: Uint8Array): void;
  /**
   * The whole state as of the last applied entry, frozen by the call and encoded while it is read: entries applied
   * between two pieces do not change it. Pieces are small, because heartbeats wait while one is made.
   */
  snapshot(): Iterable<Uint8Array>;
  /**
   * Replaces the whole state by that of a snapshot, given in pieces. Nothing happens before the result is iterated;
   * each step does a little of the work, and the old state stays until the last one.
   */
  restore(index: LogIndex, data: Uint8Array): Iterable<void>;
}

/** Raft as the rest of a manager sees it; implemented by raft/raft-node.ts. */
export interface RaftHandle {
  status(): RaftStatus;
  /**
   * Appends `data` to the log; calls made in one order are committed in that order.
   * Resolves, with its index, once it is committed and applied here.
   * @throws SwarmError unavailable: not the leader or dropped (it will never commit); aborted: leadership was lost
   * while it was in flight (it may or may not commit); resourceExhausted: larger than PROPOSAL_BYTES_MAX.
   */
  propose(data: Uint8Array): Promise<LogIndex>;
  /** Resolves once everything committed before the call is applied here (ReadIndex, Raft thesis 6.4). */
  readBarrier(): Promise<void>;
  /**
   * Leader only. Resolves when the change is committed and applied. One at a time; adding a present member is a no-op.
   */
  addMember(member: RaftMember): Promise<void>;
  removeMember(raftId: RaftId): Promise<void>;
  /** Leader only; resolves when this node no longer leads. */
  transferLeadership(to: RaftId): Promise<void>;
  /**
   * Called with "leading" once this node leads *and* has applied every entry of earlier terms, with "following" when
   * that ends, and with "removed" when a member that stays has said that this one was removed and is no longer needed.
   */
  onLeadership(listener: (state: "leading" | "following" | "removed") => void): Disposable;
  /** Any change of leader as seen here. */
  onLeaderChange(listener: (leader: RaftMember | null) => void): Disposable;
}
