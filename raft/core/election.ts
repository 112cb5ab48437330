import { mustHave } from "../../shared/invariant.ts";
import { type RaftId, toTerm } from "../ids.ts";
import type { CampaignReason, MessageOf } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { broadcastAppend } from "./replication.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./roles.ts";

type VoteRequest = MessageOf<"preVoteRequest" | "voteRequest">;
type VoteResponse = MessageOf<"preVoteResponse" | "voteResponse">;

/** Stands for election, if it may. */
export function maybeCampaign(raft: RaftState, reason: CampaignReason): void {
  const why = whyNotCampaign(raft);
  if (why !== null) {
    raft.trace({ kind: "campaignIgnored", why, term: raft.term });
    return;
  }
  raft.trace({ kind: "campaignStarted", term: raft.term });
  // A member that was asked to take over need not ask whether it could win: the old leader is waiting for it.
  if (raft.options.preVote && reason !== "transfer") campaignPreVote(raft, reason);
  else campaign(raft, reason);
}

function whyNotCampaign(raft: RaftState): "alreadyLeader" | "unpromotable" | "unappliedConfChange" | null {
  if (raft.role === "leader") return "alreadyLeader";
  if (!raft.isPromotable()) return "unpromotable";
  // It would count votes by an outdated configuration: two leaders, by two configurations, could be the result.
  if (raft.log.hasConfChange(raft.log.applied, raft.log.committed)) return "unappliedConfChange";
  return null;
}

function campaignPreVote(raft: RaftState, reason: CampaignReason): void {
  becomePreCandidate(raft);
  requestVotes(raft, "preVoteRequest", reason);
}

function campaign(raft: RaftState, reason: CampaignReason): void {
  becomeCandidate(raft);
  requestVotes(raft, "voteRequest", reason);
}

function requestVotes(raft: RaftState, kind: VoteRequest["kind"], reason: CampaignReason): void {
  raft.campaignReason = reason;
  const preVote = kind === "preVoteRequest";
  const term = preVote ? toTerm(raft.term + 1) : raft.term;
  const last = raft.log.lastId();
  for (const to of whomToAsk(raft)) {
    if (to === raft.id) {
      // A candidate's vote for itself counts only once it is durable, like any other's.
      const committed = raft.log.committedId();
      raft.sendAt(term, { kind: preVote ? "preVoteResponse" : "voteResponse", to, granted: true, committed });
      continue;
    }
    raft.trace({ kind: "voteRequested", request: kind, last, to, term: raft.term });
    raft.sendAt(term, { kind, to, last, reason, committed: raft.log.committedId() });
  }
}

/**
 * All voters. While a change of membership is in the log and not known to be committed, also the learners, whose votes
 * do not count: one of them may be the only member left that knows it is committed; see learnCommitted.
 */
function whomToAsk(raft: RaftState): readonly RaftId[] {
  const { log, tracker } = raft;
  return log.hasConfChange(log.committed, log.lastIndex()) ? tracker.ids : raft.voterIds();
}

/**
 * Whether this voter keeps to the leader it has: it heard from it within an election timeout, so whoever cannot hear
 * the leader has a problem of its own (Raft thesis 4.2.3, 6.2). A hand-over breaks the lease. So does the news that the
 * leader's process is gone, if the leader has been silent here, too, for more than a heartbeat interval: a closed
 * connection may be misleading, and then the leader would be heard.
 */
export function isUnderLease(raft: RaftState, reason: CampaignReason): boolean {
  if (!raft.options.checkQuorum || reason === "transfer") return false;
  const { readMode, electionTicks } = raft.options;
  // Some leader may still be answering reads by that promise, whatever terms this voter has heard of since.
  if (readMode === "lease" && raft.promiseElapsed < electionTicks) return true;
  if (raft.leader === null) return false;
  // A leader knows best that its process is alive; and a hint, which may be wrong, does not undo a promise.
  const believesHint = reason === "leaderGone" && raft.role !== "leader" && readMode !== "lease";
  const silentMax = believesHint ? raft.options.heartbeatTicks + 1 : raft.options.electionTicks;
  return raft.electionElapsed < silentMax;
}

/**
 * Answers a request for a vote or a pre-vote. Learners answer by the same rule: they may have become voters in a
 * configuration they have not seen yet, and then the election may depend on them.
 */
export function onVoteRequest(raft: RaftState, message: VoteRequest): void {
  const preVote = message.kind === "preVoteRequest";
  const to = message.from;
  const mayVote =
    // It is the same vote again (a lost answer),
    raft.vote === message.from ||
    // or the vote is still free and no one leads in this term,
    (raft.vote === null && raft.leader === null) ||
    // or it is only a question about a future term.
    (preVote && message.term > raft.term);
  const granted = mayVote && raft.log.isUpToDate(message.last);
  raft.trace({ kind: granted ? "voteCast" : "voteRejected", ...decision(raft, message) });
  const kind = preVote ? "preVoteResponse" : "voteResponse";
  const committed = raft.log.committedId();
  if (!granted) {
    raft.sendAt(raft.term, { kind, to, granted, committed });
    return;
  }
  // A granted pre-vote echoes the term that was asked for: our own would look like an old answer there.
  raft.sendAt(message.term, { kind, to, granted, committed });
  if (!preVote) {
    // Only real votes are remembered, and only they give the candidate time to win.
    raft.electionElapsed = 0;
    raft.vote = message.from;
  }
}

/**
 * A pre-vote requested at a lower term. Without an answer, the sender might wait for ever with a log that no one can
 * outvote.
 */
export function rejectOldPreVote(raft: RaftState, message: VoteRequest): void {
  raft.trace({ kind: "voteRejected", ...decision(raft, message) });
  const committed = raft.log.committedId();
  raft.sendAt(raft.term, { kind: "preVoteResponse", to: message.from, granted: false, committed });
}

/**
 * A vote requested at a lower term, by a sender that we do not know as a member. Members learn each other's terms from
 * requests, but ours would never reach it: both would stand for election for ever, the sender in terms below ours (Raft
 * paper 5.1 answers every old request; etcd-io/raft none).
 */
export function rejectOldVote(raft: RaftState, { from }: VoteRequest): void {
  raft.sendAt(raft.term, { kind: "voteResponse", to: from, granted: false, committed: raft.log.committedId() });
}

/** Facts of a decision about a vote, for the trace. */
export function decision(raft: RaftState, message: VoteRequest) {
  const { kind: request, from, last } = message;
  return { request, from, last, ownLast: raft.log.lastId(), vote: raft.vote, term: raft.term };
}

/**
 * Vote requests and their answers also carry what is committed. Usually that is not worth acting on, but a change of
 * membership is: the leader it removed may have gone before telling everyone. Then members that do not know of it may
 * wait for votes of former members, or not know that they are voters themselves, while the member that knows has the
 * shorter log and cannot be elected. It counts in any term, since what is committed stays committed. (etcd-io/raft has
 * nothing of the kind; raft-rs calls it commit by vote.)
 */
export function learnCommitted(raft: RaftState, { committed }: VoteRequest | VoteResponse): void {
  const { log } = raft;
  if (raft.role === "leader" || committed.index <= log.committed || !log.matches(committed)) return;
  if (!log.hasConfChange(log.committed, committed.index)) return;
  raft.trace({ kind: "committedLearned", committed });
  log.commitTo(committed.index);
  // Its votes were requested and counted under an outdated configuration.
  if (raft.role !== "follower") becomeFollower(raft, raft.term, null);
}

/** A candidate counts an answer that belongs to its present campaign. */
export function onVoteResponse(raft: RaftState, message: VoteResponse): void {
  const { kind: response, from, granted } = message;
  raft.trace({ kind: "voteReceived", response, from, granted, term: raft.term });
  raft.tracker.recordVote(from, granted);
  const tally = raft.tracker.tallyVotes();
  raft.trace({ kind: "votesCounted", response, granted: tally.granted, rejected: tally.rejected });
  switch (tally.result) {
    case "won":
      if (raft.role === "preCandidate") campaign(raft, raft.campaignReason);
      else maybeLead(raft);
      return;
    case "lost":
      becomeFollower(raft, raft.term, null);
      return;
    case "pending":
      return;
  }
}

/**
 * The others' votes may come before ours is durable (see RaftState.sendAt). If we led on them, crashed, and forgot the
 * term, the same votes could make us lead it again, with different entries of the same ids.
 */
function maybeLead(raft: RaftState): void {
  if (!raft.tracker.hasVoteOf(raft.id)) return;
  becomeLeader(raft);
  broadcastAppend(raft);
}

/**
 * The connection to the leader's process was closed: it has crashed or is restarting, which its kernel told us at once.
 * The leader is forgotten, so that pre-votes can be granted, and the voters campaign in turn, lowest id first: they all
 * get the news at the same moment, and campaigning together would only split the vote. A wrong hint costs a few refused
 * pre-votes: the leader's next heartbeat ends it.
 */
export function onLeaderGone(raft: RaftState, leader: RaftId): void {
  if (raft.role !== "follower" || raft.leader !== leader) return;
  // With lease reads the old leader may still answer by its lease; it must not be replaced before that ends.
  if (raft.options.readMode === "lease") return;
  raft.leader = null;
  const candidates = raft.voterIds().filter((id) => id !== leader);
  const turn = candidates.indexOf(raft.id);
  if (turn < 0) return;
  // A turn is as long as voters without the hint need to notice the silence themselves; see isUnderLease.
  const turnTicks = raft.options.heartbeatTicks + 1;
  raft.haste = { elapsedTicks: 0, firstTicks: turn * turnTicks, everyTicks: candidates.length * turnTicks };
  raft.trace({ kind: "leaderGone", leader, waitTicks: raft.haste.firstTicks });
  if (turn === 0) maybeCampaign(raft, "leaderGone");
}

/** One tick of haste; it ends with the first sign of a leader (any reset) or after a whole election timeout. */
export function tickHaste(raft: RaftState): void {
  const haste = mustHave(raft.haste, "haste");
  haste.elapsedTicks++;
  if (haste.elapsedTicks > raft.options.electionTicks) {
    raft.haste = null;
    return;
  }
  const since = haste.elapsedTicks - haste.firstTicks;
  if (since >= 0 && since % haste.everyTicks === 0) maybeCampaign(raft, "leaderGone");
}
