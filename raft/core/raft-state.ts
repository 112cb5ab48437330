import { invariant } from "../../shared/invariant.ts";
import { INDEX_ZERO, type LogIndex, type RaftId, sortedIds, TERM_ZERO, type Term } from "../ids.ts";
import { Lease, leaseTicksOf } from "./lease.ts";
import type { CampaignReason, Message } from "./message.ts";
import type { CoreOptions, HardState, InitialState } from "./options.ts";
import { RaftLog } from "./raft-log.ts";
import { ReadOnly } from "./read-only.ts";
import type { TraceEvent } from "./trace.ts";
import { Tracker } from "./tracker.ts";

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** A linearizable read that is now safe once the state machine has applied `index`. */
export interface ReadState {
  readonly token: number;
  readonly index: LogIndex;
}

/** The leader's process is known to be gone: whose turn it is to campaign without waiting for the timeout. */
export interface Haste {
  /** Ticks since the hint. */
  elapsedTicks: number;
  /** Campaign when elapsedTicks = firstTicks + n * everyTicks. */
  readonly firstTicks: number;
  readonly everyTicks: number;
}

type WithoutEnvelope<M> = M extends unknown ? Omit<M, "from" | "term"> : never;
/** A message whose sender and term are filled in when it is sent. */
export type Outgoing = WithoutEnvelope<Message>;

/**
 * Everything a Raft node holds in memory, and the small moves all roles share. The protocol itself is in the files
 * beside it, as functions of this state.
 */
export class RaftState {
  readonly id: RaftId;
  readonly options: CoreOptions;
  readonly log: RaftLog;
  tracker: Tracker;

  term: Term = TERM_ZERO;
  vote: RaftId | null = null;
  role: Role = "follower";
  leader: RaftId | null = null;

  /**
   * Ticks since: a leader was heard or a vote granted (followers), a campaign began, a quorum was checked (leaders).
   */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /** In [electionTicks, 2 * electionTicks); drawn anew on every reset, so that split votes do not repeat. */
  randomizedElectionTicks = 0;
  haste: Haste | null = null;
  /**
   * Ticks since a leader of any term was heard, or since this process began, because it does not know what it promised
   * before that. Unlike `leader`, this outlives changes of term. Only for lease reads.
   */
  promiseElapsed: number;
  /** Candidates only: why they stand. */
  campaignReason: CampaignReason = "timeout";

  /** Leader only: the member that is to lead next. Proposals wait for the outcome. */
  transferee: RaftId | null = null;
  /** Leader only: no membership change may be proposed before this index is applied. */
  pendingConfIndex: LogIndex = INDEX_ZERO;
  /** Cancelled membership changes of the last list of proposals, by the index of the empty entry that replaces them. */
  readonly struckOut = new Map<LogIndex, string>();
  /** Leader only: payload proposed and not yet applied. */
  uncommittedBytes = 0;
  /** Leader only. */
  readOnly = new ReadOnly();
  /** Leader only. */
  lease: Lease;
  /** Leader only: reads waiting for the lease. */
  leaseReads: { readonly from: RaftId; readonly token: number }[] = [];
  /** Leader only: reads that arrived before an entry of this term was committed. */
  earlyReads: { readonly from: RaftId; readonly token: number }[] = [];

  /** May be sent at once. */
  messages: Message[] = [];
  /**
   * Promises: votes and acknowledgements. They are sent, and take effect here, only after what they depend on is
   * durable.
   */
  messagesAfterPersist: Message[] = [];
  readStates: ReadState[] = [];

  constructor(options: CoreOptions, initial: InitialState) {
    this.id = options.id;
    this.options = options;
    this.log = new RaftLog(initial.log, options.trace, options.applyingBytesMax);
    this.tracker = new Tracker(options);
    this.lease = this.#createLease();
    // Promises leave after the term they were given in is durable, so with nothing on disk none were given before.
    this.promiseElapsed = initial.hardState === null ? options.electionTicks : 0;
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  trace(event: TraceEvent): void {
    this.options.trace(event);
  }

  /** Queues a message at the present term; requests and reads that are passed on carry none. */
  send(message: Outgoing): void {
    const termless = message.kind === "propose" || message.kind === "readIndex";
    this.sendAt(termless ? TERM_ZERO : this.term, message);
  }

  /** Queues a message at `term`: pre-votes concern a term that has not begun. */
  sendAt(term: Term, message: Outgoing, from: RaftId = this.id): void {
    const full = { ...message, from, term } as Message;
    switch (full.kind) {
      // A vote is a promise for the whole term, and an acknowledgement a promise to keep the entries: both must survive
      // a crash of this process (Raft thesis 3.8). Rejections wait too: they carry a term that must be durable.
      case "appendEntriesResponse":
      case "voteResponse":
      case "preVoteResponse":
        this.messagesAfterPersist.push(full);
        return;
      // A request claims our log up to `last`, of which a part may not be written yet. If we crashed and came back
      // without that part, stood again in the same term, and then heard a vote for the first request, we would lead
      // with less than the voter checked. The term itself need not be durable: without our own vote we cannot win.
      case "voteRequest":
        if (this.log.unstable.isEmpty) this.messages.push(full);
        else this.messagesAfterPersist.push(full);
        return;
      // With lease reads it is a promise too: to vote for no one for a while.
      case "heartbeatResponse":
        if (this.options.readMode === "lease") this.messagesAfterPersist.push(full);
        else this.messages.push(full);
        return;
      default:
        invariant(full.to !== this.id, () => `${full.kind} to itself`);
        this.messages.push(full);
    }
  }

  /**
   * The first step of every change of role: forgets everything that belongs to the old role, and the vote if the term
   * is new.
   */
  reset(term: Term): void {
    invariant(term >= this.term, () => `the term falls from ${this.term} to ${term}`);
    if (this.term !== term) {
      this.term = term;
      this.vote = null;
    }
    this.leader = null;
    this.haste = null;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.randomizedElectionTicks = this.options.electionTicks + this.options.random.below(this.options.electionTicks);
    this.transferee = null;
    this.tracker.resetVotes();
    this.tracker.resetProgress(this.id, this.log.lastIndex());
    this.pendingConfIndex = INDEX_ZERO;
    this.uncommittedBytes = 0;
    this.readOnly = new ReadOnly();
    this.lease = this.#createLease();
    this.leaseReads = [];
    this.earlyReads = [];
  }

  #createLease(): Lease {
    return new Lease(leaseTicksOf(this.options.electionTicks, this.options.leaseDriftPercent));
  }

  /** May stand for election: a voter by its own configuration, and not in the middle of receiving a snapshot. */
  isPromotable(): boolean {
    const own = this.tracker.progress.get(this.id);
    return own !== undefined && !own.isLearner && !this.log.hasPendingSnapshot();
  }

  /** Leader only: whether reads are answered by lease while it is held. */
  usesLease(): boolean {
    return this.options.readMode === "lease" && !this.lease.hasEnded;
  }

  /** Only then is it known which entries of earlier terms are committed (Raft thesis 6.4). */
  hasCommittedInTerm(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  voterIds(): readonly RaftId[] {
    return sortedIds(this.tracker.voterIds());
  }
}
