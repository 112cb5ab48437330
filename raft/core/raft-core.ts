import { unreachable } from "../../shared/invariant.ts";
import { INDEX_ZERO, type LogIndex, type RaftId, TERM_ZERO, type Term } from "../ids.ts";
import { restoreConfState } from "./conf-change.ts";
import { learnCommitted, maybeCampaign, onLeaderGone } from "./election.ts";
import type { Proposal } from "./entry.ts";
import { DONE, type Input, type Outcome } from "./input.ts";
import { onPeerUnreachable, onSnapshotReport, onTransferLeadership } from "./leader.ts";
import { maybeLeaveJoint, onConfChangeApplied, proposeAsLeader, switchConfiguration } from "./membership.ts";
import { isResponse, type Message } from "./message.ts";
import { type CoreOptions, type InitialState, validateOptions } from "./options.ts";
import { RaftState, type Role } from "./raft-state.ts";
import { onReadIndex } from "./reads.ts";
import { hasReady, type LastReady, type Ready, softStateOf, takeReady } from "./ready.ts";
import { releaseUncommitted } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import type { ConfState } from "./snapshot.ts";
import type { Missing } from "./stable-log.ts";
import { forgetLeader, stepByRole } from "./step.ts";
import { settleTerm } from "./terms.ts";
import { tick, ticksUntilAction } from "./ticks.ts";
import { type Configuration, type ProgressMap, toConfState } from "./tracker.ts";

/**
 * One member of a Raft group as a plain state machine: no I/O, no clock, no promises. Everything that happens comes in
 * through `step`, everything that must be done goes out through `takeReady`. It follows the behaviour of etcd-io/raft
 * (Ongaro's thesis with pre-vote, check-quorum, ReadIndex, learners and joint membership).
 */
export class RaftCore {
  readonly #raft: RaftState;
  readonly #last: LastReady;

  /** @throws InvariantError when options or initial state are contradictory. */
  constructor(options: CoreOptions, initial: InitialState) {
    validateOptions(options);
    const raft = new RaftState(options, initial);
    this.#raft = raft;
    restoreConfState(raft.tracker, raft.log.lastIndex(), initial.confState);
    switchConfiguration(raft, raft.tracker);
    if (initial.hardState !== null) {
      raft.log.commitTo(initial.hardState.commit);
      raft.term = initial.hardState.term;
      raft.vote = initial.hardState.vote;
    }
    if (initial.applied > 0) raft.log.appliedTo(initial.applied, 0);
    becomeFollower(raft, raft.term, null);
    raft.trace({
      kind: "created",
      voters: raft.voterIds(),
      term: raft.term,
      committed: raft.log.committed,
      applied: raft.log.applied,
      last: raft.log.lastId(),
    });
    this.#last = { softState: softStateOf(raft), hardState: raft.hardState };
  }

  /** Lets one thing happen. @throws InvariantError when that reveals a bug, or that the disk lost a promise. */
  step(input: Input): Outcome {
    const raft = this.#raft;
    switch (input.kind) {
      case "tick":
        tick(raft);
        return DONE;
      case "timeMissed":
        raft.lease.onTimeMissed();
        return DONE;
      case "message":
        return this.#onMessage(input.message);
      case "propose":
        return this.#onPropose(input.proposals);
      case "campaign":
        maybeCampaign(raft, "timeout");
        return DONE;
      case "readIndex":
        return this.#onRead(input.token);
      case "transferLeadership":
        this.#onTransfer(input.to);
        return DONE;
      case "forgetLeader":
        forgetLeader(raft);
        return DONE;
      case "leaderConnectionClosed":
        onLeaderGone(raft, input.peer);
        return DONE;
      case "peerUnreachable":
        if (raft.role === "leader") onPeerUnreachable(raft, input.peer);
        return DONE;
      case "snapshotReport":
        if (raft.role === "leader") onSnapshotReport(raft, input.peer, input.ok);
        return DONE;
      case "persisted":
        this.#onPersisted(input);
        return DONE;
      case "applied":
        this.#appliedTo(input.index, input.entryBytes);
        releaseUncommitted(raft, input.payloadBytes);
        return DONE;
      case "confChangeApplied":
        onConfChangeApplied(raft, input.change);
        return DONE;
      default:
        return unreachable(input);
    }
  }

  /** Whether `takeReady` would hand out anything. */
  hasReady(): boolean {
    return hasReady(this.#raft, this.#last);
  }

  takeReady(): Ready {
    return takeReady(this.#raft, this.#last);
  }

  /** The how-manieth tick from now will be acted upon, if nothing else happens until then. */
  get ticksUntilAction(): number {
    return ticksUntilAction(this.#raft);
  }

  get id(): RaftId {
    return this.#raft.id;
  }
  get term(): Term {
    return this.#raft.term;
  }
  get vote(): RaftId | null {
    return this.#raft.vote;
  }
  get role(): Role {
    return this.#raft.role;
  }
  get leader(): RaftId | null {
    return this.#raft.leader;
  }
  get commit(): LogIndex {
    return this.#raft.log.committed;
  }
  get applied(): LogIndex {
    return this.#raft.log.applied;
  }
  get firstIndex(): LogIndex {
    return this.#raft.log.firstIndex();
  }
  get lastIndex(): LogIndex {
    return this.#raft.log.lastIndex();
  }
  termAt(index: LogIndex): Term | Missing {
    return this.#raft.log.term(index);
  }
  get configuration(): Configuration {
    return this.#raft.tracker.configuration;
  }
  /** There is nobody else to elect a leader. */
  get isOnlyVoter(): boolean {
    const { incoming, outgoing } = this.configuration.voters;
    return incoming.size === 1 && outgoing.size === 0 && incoming.has(this.id);
  }
  /** Everyone with a part in the configuration, ascending. */
  get memberIds(): readonly RaftId[] {
    return this.#raft.tracker.ids;
  }
  get confState(): ConfState {
    return toConfState(this.#raft.tracker.configuration);
  }
  /** Leader only, otherwise empty: what it believes about each member. */
  get progress(): ProgressMap {
    return this.#raft.role === "leader" ? this.#raft.tracker.progress : new Map();
  }
  /** Leader only: who is about to take over. */
  get transferee(): RaftId | null {
    return this.#raft.transferee;
  }
  /** Leader only: a membership change is under way and another one would be refused. */
  get isConfChangePending(): boolean {
    return this.#raft.pendingConfIndex > this.#raft.log.applied;
  }
  /**
   * Why the membership change at `index` of the last list of proposals is not made; null = it is, or there was none.
   */
  whyStruckOut(index: LogIndex): string | null {
    return this.#raft.struckOut.get(index) ?? null;
  }
  /** Ticks until a follower campaigns; drawn at random, settable so that transcripts can be replayed. */
  get randomizedElectionTicks(): number {
    return this.#raft.randomizedElectionTicks;
  }
  set randomizedElectionTicks(ticks: number) {
    this.#raft.randomizedElectionTicks = ticks;
  }

  #onMessage(message: Message): Outcome {
    const raft = this.#raft;
    if (isResponse(message) && message.from !== raft.id && !raft.tracker.progress.has(message.from)) {
      return { kind: "peerNotFound" };
    }
    if ("committed" in message) learnCommitted(raft, message);
    if (settleTerm(raft, message) === "dropped") return DONE;
    return stepByRole(raft, message);
  }

  #onPropose(proposals: readonly Proposal[]): Outcome {
    const raft = this.#raft;
    if (raft.role === "leader") {
      const why = proposeAsLeader(raft, proposals);
      return why === null ? DONE : { kind: "dropped", why };
    }
    return stepByRole(raft, { kind: "propose", proposals, from: raft.id, to: raft.id, term: TERM_ZERO });
  }

  #onRead(token: number): Outcome {
    const raft = this.#raft;
    if (raft.role === "leader") {
      onReadIndex(raft, raft.id, token);
      return DONE;
    }
    return stepByRole(raft, { kind: "readIndex", token, from: raft.id, to: raft.id, term: TERM_ZERO });
  }

  #onTransfer(to: RaftId): void {
    const raft = this.#raft;
    if (raft.role === "leader") onTransferLeadership(raft, to);
    else stepByRole(raft, { kind: "transferLeadership", from: to, to: raft.id, term: raft.term });
  }

  #onPersisted(input: Extract<Input, { kind: "persisted" }>): void {
    const raft = this.#raft;
    if (input.term < raft.term) {
      // The entries may have been overwritten in a later term; a later write reports for those (ABA).
      if (input.last !== null) raft.trace({ kind: "lowerTermPersisted", own: raft.term, term: input.term });
    } else if (input.last !== null) raft.log.unstable.stableTo(input.last);
    if (input.snapshot === null) return;
    raft.log.unstable.stableSnapshotTo(input.snapshot);
    this.#appliedTo(input.snapshot, 0);
  }

  #appliedTo(index: LogIndex, entryBytes: number): void {
    const { log } = this.#raft;
    log.appliedTo(Math.max(index, log.applied, INDEX_ZERO) as LogIndex, entryBytes);
    maybeLeaveJoint(this.#raft);
  }
}
