import { indexMin, indexPlus, type RaftId } from "../ids.ts";
import { type Entry, type Proposal, totalPayloadBytes } from "./entry.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import { isInConfState } from "./snapshot.ts";

/** The leader's sending side: what each peer is sent next, and when an entry counts as committed. */

/**
 * Gives the proposals their places at the end of the log. Returns false, and appends nothing, when too much is
 * uncommitted.
 */
export function appendProposals(raft: RaftState, proposals: readonly Proposal[]): boolean {
  if (!reserveUncommitted(raft, totalPayloadBytes(proposals))) {
    raft.trace({ kind: "proposalDropped", why: "tooMuchUncommitted", term: raft.term, leader: raft.leader });
    return false;
  }
  const last = raft.log.lastIndex();
  const entries = proposals.map((proposal, at): Entry => {
    return { ...proposal, term: raft.term, index: indexPlus(last, at + 1) };
  });
  const index = raft.log.append(entries);
  // The leader's own disk counts like anyone's: it acknowledges to itself, after the write (Raft thesis 10.2.1).
  raft.send({ kind: "appendEntriesResponse", to: raft.id, index, rejection: null });
  return true;
}

/** If nothing is waiting, a proposal of any size is admitted, and entries without payload are never refused. */
function reserveUncommitted(raft: RaftState, bytes: number): boolean {
  const { uncommittedBytes: waiting } = raft;
  if (waiting > 0 && bytes > 0 && waiting + bytes > raft.options.uncommittedBytesMax) return false;
  raft.uncommittedBytes += bytes;
  return true;
}

/** Sends to everyone but ourselves: what they lack, or at least the commit index. */
export function broadcastAppend(raft: RaftState): void {
  for (const id of raft.tracker.ids) {
    if (id !== raft.id) sendAppend(raft, id);
  }
}

/** Sends an append even when there is nothing new to put in it. */
export function sendAppend(raft: RaftState, to: RaftId): void {
  maybeSendAppend(raft, to, "evenIfEmpty");
}

/**
 * Sends the peer its next entries, or a snapshot if those have been compacted away. Returns whether a message was sent:
 * not while the peer is paused, and with `unlessEmpty` only if there was an entry to send.
 */
export function maybeSendAppend(raft: RaftState, to: RaftId, when: "evenIfEmpty" | "unlessEmpty"): boolean {
  const progress = raft.tracker.mustGet(to);
  if (progress.isPaused()) return false;
  const prevIndex = indexPlus(progress.next, -1);
  const prevTerm = raft.log.term(prevIndex);
  if (typeof prevTerm === "string") return maybeSendSnapshot(raft, to, progress);

  // Into a full window goes an empty append only: it keeps commit index and rejections flowing after losses.
  const windowFull = progress.state === "replicate" && progress.inflights.isFull();
  const entries = windowFull ? [] : raft.log.entriesFrom(progress.next, raft.options.messageBytesMax);
  if (typeof entries === "string") return maybeSendSnapshot(raft, to, progress);
  if (entries.length === 0 && when === "unlessEmpty") return false;

  const commit = raft.log.committed;
  raft.send({ kind: "appendEntries", to, prev: { term: prevTerm, index: prevIndex }, entries, commit });
  progress.sentEntries(entries.length, totalPayloadBytes(entries));
  progress.sentCommit(commit);
  return true;
}

/** Only to a live peer: a snapshot is large, and while one is in flight nothing else is sent. */
function maybeSendSnapshot(raft: RaftState, to: RaftId, progress: Progress): boolean {
  if (!progress.recentActive) {
    raft.trace({ kind: "snapshotNotSent", peer: to, why: "inactive" });
    return false;
  }
  const snapshot = raft.log.snapshot();
  // A snapshot from before the peer was added would be refused there; the shell takes a newer one.
  if (snapshot === null || !isInConfState(snapshot.meta.confState, to)) {
    raft.trace({ kind: "snapshotNotSent", peer: to, why: "unavailable" });
    return false;
  }
  const { index, term } = snapshot.meta;
  const first = raft.log.firstIndex();
  const commit = raft.log.committed;
  raft.trace({ kind: "snapshotSent", peer: to, first, commit, snapshot: { index, term }, progress });
  progress.becomeSnapshot(index);
  raft.trace({ kind: "snapshotPaused", peer: to, progress });
  raft.send({ kind: "installSnapshot", to, snapshot });
  return true;
}

/** Heartbeats carry the newest waiting read, so that one lost confirmation does not hold reads up for ever. */
export function broadcastHeartbeat(raft: RaftState): void {
  const leased = raft.usesLease();
  const readSequence = leased ? raft.lease.round : raft.readOnly.newestSequence;
  for (const to of raft.tracker.ids) {
    if (to === raft.id) continue;
    const progress = raft.tracker.mustGet(to);
    // A peer may not hold everything that is committed; it must not be told to commit what it does not hold.
    const commit = indexMin(progress.match, raft.log.committed);
    raft.send({ kind: "heartbeat", to, commit, readSequence });
    progress.sentCommit(commit);
  }
}

/** Commits what a quorum holds, if that is an entry of this term. Returns whether the commit index moved. */
export function maybeCommit(raft: RaftState): boolean {
  return raft.log.maybeCommit({ term: raft.term, index: raft.tracker.committed() });
}

/** Entries with this much payload have been applied and no longer count. */
export function releaseUncommitted(raft: RaftState, bytes: number): void {
  // After a change of leader, entries of other leaders are applied, which were never counted here.
  raft.uncommittedBytes = Math.max(0, raft.uncommittedBytes - bytes);
}
