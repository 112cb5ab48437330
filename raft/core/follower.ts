import { indexMin, type RaftId, toTerm } from "../ids.ts";
import { restoreConfState } from "./conf-change.ts";
import { switchConfiguration } from "./membership.ts";
import type { MessageOf } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { becomeFollower } from "./roles.ts";
import { isInConfState, type Snapshot } from "./snapshot.ts";
import { Tracker } from "./tracker.ts";

/** The receiving side: what a follower does with what its leader sends. */

/** The term is right, so the sender is the only leader of this term. */
export function acceptLeader(raft: RaftState, leader: RaftId): void {
  raft.electionElapsed = 0;
  raft.promiseElapsed = 0;
  raft.haste = null;
  raft.leader = leader;
}

export function onAppendEntries(raft: RaftState, message: MessageOf<"appendEntries">): void {
  const { prev, entries, commit, from: to } = message;
  if (prev.index < raft.log.committed) {
    // An old message: what it would append is already committed here.
    raft.send({ kind: "appendEntriesResponse", to, index: raft.log.committed, rejection: null });
    return;
  }
  const agreed = raft.log.maybeAppend(prev, entries, commit);
  if (agreed !== null) {
    raft.send({ kind: "appendEntriesResponse", to, index: agreed, rejection: null });
    return;
  }
  raft.trace({ kind: "appendRejected", prev, ownTerm: raft.log.termOrZero(prev.index), from: to });
  // The leader has prev.term at prev.index, and terms only grow along a log: above our last entry with a term that is
  // not greater, nothing can match. So the hint skips a whole conflicting term at once.
  const rejection = raft.log.findConflictByTerm(indexMin(prev.index, raft.log.lastIndex()), prev.term);
  raft.send({ kind: "appendEntriesResponse", to, index: prev.index, rejection });
}

export function onHeartbeat(raft: RaftState, message: MessageOf<"heartbeat">): void {
  raft.log.commitTo(message.commit);
  raft.send({ kind: "heartbeatResponse", to: message.from, readSequence: message.readSequence });
}

export function onInstallSnapshot(raft: RaftState, message: MessageOf<"installSnapshot">): void {
  const { meta } = message.snapshot;
  if (maybeRestore(raft, message.snapshot)) {
    raft.trace({ kind: "snapshotAccepted", commit: raft.log.committed, snapshot: meta });
    const index = raft.log.lastIndex();
    raft.send({ kind: "appendEntriesResponse", to: message.from, index, rejection: null });
  } else {
    raft.trace({ kind: "snapshotIgnored", commit: raft.log.committed, snapshot: meta });
    const index = raft.log.committed;
    raft.send({ kind: "appendEntriesResponse", to: message.from, index, rejection: null });
  }
}

/** Replaces the log by a received snapshot. Returns false if that would not help, or would lose something. */
function maybeRestore(raft: RaftState, snapshot: Snapshot): boolean {
  const { meta } = snapshot;
  // It arrived late: everything in it is committed here, and perhaps more.
  if (meta.index <= raft.log.committed) return false;
  if (raft.role !== "follower") {
    // Defence in depth: a message of this term from a leader has already made us its follower.
    raft.trace({ kind: "snapshotNotForUs", why: "notFollower", snapshot: meta });
    becomeFollower(raft, toTerm(raft.term + 1), null);
    return false;
  }
  if (!isInConfState(meta.confState, raft.id)) {
    // We could no longer tell that we are a member, nor hear that we are not.
    raft.trace({ kind: "snapshotNotForUs", why: "notMember", snapshot: meta });
    return false;
  }
  if (raft.log.matches(meta)) {
    // Our log holds all of it: learning what is committed is enough, and entries after it are kept.
    raft.trace({ kind: "snapshotFastForwarded", commit: raft.log.committed, last: raft.log.lastId(), snapshot: meta });
    raft.log.commitTo(meta.index);
    return false;
  }
  raft.log.restore(snapshot);
  raft.tracker = new Tracker(raft.options);
  restoreConfState(raft.tracker, raft.log.lastIndex(), meta.confState);
  switchConfiguration(raft, raft.tracker);
  raft.trace({ kind: "snapshotRestored", commit: raft.log.committed, last: raft.log.lastId(), snapshot: meta });
  return true;
}
