import type { RaftId } from "../ids.ts";
import type { MessageOf } from "./message.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import { answerConfirmedReads, answerLeaseReads, endLease, releaseEarlyReads } from "./reads.ts";
import { broadcastAppend, maybeCommit, maybeSendAppend, sendAppend } from "./replication.ts";
import { becomeFollower } from "./roles.ts";

/** The leader's receiving side: the effect of its peers' answers and of requests to hand over. */

/**
 * A peer reports how far its log agrees and is durable, or where it does not. Also the leader's own acknowledgement to
 * itself.
 */
export function onAppendEntriesResponse(raft: RaftState, message: MessageOf<"appendEntriesResponse">): void {
  const progress = maybeProgress(raft, message.from);
  if (progress === null) return;
  progress.recentActive = true;
  if (message.rejection !== null) onRejection(raft, progress, message, message.rejection);
  else onAcceptance(raft, progress, message);
}

function onRejection(
  raft: RaftState,
  progress: Progress,
  message: MessageOf<"appendEntriesResponse">,
  rejection: NonNullable<MessageOf<"appendEntriesResponse">["rejection"]>,
): void {
  const { from, index } = message;
  const { hintIndex, hintTerm } = rejection;
  raft.trace({ kind: "rejectionReceived", index, hint: { index: hintIndex, term: hintTerm }, from });
  // The peer has hintTerm at hintIndex, and its terms only grow from there on: above our last entry with a term that is
  // not greater, nothing can match. So we too skip a whole term of ours at once.
  const probe = hintTerm > 0 ? raft.log.findConflictByTerm(hintIndex, hintTerm).hintIndex : hintIndex;
  if (!progress.maybeDecrease(index, probe)) return;
  raft.trace({ kind: "progressDecreased", peer: from, progress });
  if (progress.state === "replicate") progress.becomeProbe();
  sendAppend(raft, from);
}

function onAcceptance(raft: RaftState, progress: Progress, message: MessageOf<"appendEntriesResponse">): void {
  const { from, index } = message;
  // Even without progress it counts if it shows that the probe matched.
  if (!progress.maybeUpdate(index) && !(progress.match === index && progress.state === "probe")) return;
  if (progress.state === "probe") progress.becomeReplicate();
  else if (progress.state === "replicate") progress.inflights.freeUpTo(index);
  else if (progress.match + 1 >= raft.log.firstIndex()) {
    // Whichever snapshot got there, even a different one from ours: our log continues from where the peer is.
    raft.trace({ kind: "snapshotRecovered", peer: from, progress });
    progress.becomeProbe();
    progress.becomeReplicate();
  }
  if (maybeCommit(raft)) {
    releaseEarlyReads(raft);
    broadcastAppend(raft);
  } else if (from !== raft.id && progress.canBumpCommit(raft.log.committed)) sendAppend(raft, from);
  if (from === raft.id) return;
  // The acknowledgement may have made room for several messages.
  while (maybeSendAppend(raft, from, "unlessEmpty")) {
    // Each call sends one.
  }
  if (from === raft.transferee && progress.match === raft.log.lastIndex()) sendTimeoutNow(raft, from, "later");
}

export function onHeartbeatResponse(raft: RaftState, message: MessageOf<"heartbeatResponse">): void {
  const { from, readSequence } = message;
  const progress = maybeProgress(raft, from);
  if (progress === null) return;
  progress.recentActive = true;
  // It is alive: what was lost may be sent again. A full window still lets an empty append through, whose rejection
  // shows what was lost.
  progress.appendPaused = false;
  if (progress.match < raft.log.lastIndex() || progress.state === "probe") sendAppend(raft, from);
  if (readSequence === null) return;
  if (raft.usesLease()) {
    raft.lease.acknowledge(from, readSequence);
    answerLeaseReads(raft);
    return;
  }
  raft.readOnly.acknowledge(from, readSequence);
  answerConfirmedReads(raft);
}

/**
 * A leader that cannot reach a quorum must not go on as leader: clients would wait for it while the others could
 * continue.
 */
export function checkQuorum(raft: RaftState): void {
  if (!raft.tracker.isQuorumActive()) {
    raft.trace({ kind: "quorumLost" });
    becomeFollower(raft, raft.term, null);
  }
  for (const [id, progress] of raft.tracker.progress) {
    if (id !== raft.id) progress.recentActive = false;
  }
}

/** The shell could not deliver to the peer: what is on its way is probably lost. */
export function onPeerUnreachable(raft: RaftState, peer: RaftId): void {
  const progress = maybeProgress(raft, peer);
  if (progress === null) return;
  if (progress.state === "replicate") progress.becomeProbe();
  raft.trace({ kind: "peerUnreachable", peer, progress });
}

/** The shell must report the outcome of every snapshot, or the peer would stay in state snapshot for ever. */
export function onSnapshotReport(raft: RaftState, peer: RaftId, ok: boolean): void {
  const progress = maybeProgress(raft, peer);
  if (progress === null || progress.state !== "snapshot") return;
  // Failed: probe from where we know the peer to be.
  if (!ok) progress.pendingSnapshot = progress.match;
  progress.becomeProbe();
  raft.trace({ kind: "snapshotReported", peer, ok, progress });
  // Arrived: its acknowledgement comes by itself. Failed: not before the next heartbeat is answered.
  progress.appendPaused = true;
}

/** `to` is to lead. Proposals stop until it does, or until an election timeout has passed. */
export function onTransferLeadership(raft: RaftState, to: RaftId): void {
  const progress = maybeProgress(raft, to);
  if (progress === null) return;
  const why = whyTransferIgnored(raft, to, progress);
  if (raft.transferee !== null && why !== "learner" && why !== "inProgress") {
    // A newer request replaces the older one, including the request to stay.
    raft.trace({ kind: "transferReplaced", previous: raft.transferee, term: raft.term });
    raft.transferee = null;
  }
  if (why !== null) {
    raft.trace({ kind: "transferIgnored", to, why, term: raft.term });
    return;
  }
  raft.trace({ kind: "transferStarted", to, term: raft.term });
  raft.electionElapsed = 0;
  raft.transferee = to;
  if (progress.match === raft.log.lastIndex()) sendTimeoutNow(raft, to, "at once");
  else sendAppend(raft, to);
}

function whyTransferIgnored(raft: RaftState, to: RaftId, progress: Progress): "learner" | "inProgress" | "self" | null {
  if (progress.isLearner) return "learner";
  if (raft.transferee === to) return "inProgress";
  return to === raft.id ? "self" : null;
}

function sendTimeoutNow(raft: RaftState, to: RaftId, caughtUp: "at once" | "later"): void {
  raft.trace({ kind: "timeoutNowSent", to, caughtUp });
  // Its election will not wait for any voter's promise to expire.
  endLease(raft);
  raft.send({ kind: "timeoutNow", to });
}

function maybeProgress(raft: RaftState, peer: RaftId): Progress | null {
  const progress = raft.tracker.progress.get(peer);
  if (progress !== undefined) return progress;
  raft.trace({ kind: "noProgress", peer });
  return null;
}
