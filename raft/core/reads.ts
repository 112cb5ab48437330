import type { LogIndex, RaftId } from "../ids.ts";
import type { RaftState } from "./raft-state.ts";
import { ReadOnly } from "./read-only.ts";
import { broadcastHeartbeat } from "./replication.ts";

/** Linearizable reads without writing to the log: the leader's side. */

/**
 * A read arrived: remember the commit index, and prove that no one has been elected since (Raft thesis 6.4).
 *
 * First an entry of this term must be committed, in a group of one too: the commit index on disk may lag behind what
 * was acknowledged before a crash. (etcd-io/raft answers a single voter's read at once; our simulation found it stale.)
 */
export function onReadIndex(raft: RaftState, from: RaftId, token: number): void {
  if (raft.hasCommittedInTerm()) startRead(raft, from, token);
  else raft.earlyReads.push({ from, token });
}

function startRead(raft: RaftState, from: RaftId, token: number): void {
  if (raft.tracker.isOnlyVoter(raft.id)) {
    answerRead(raft, from, token, raft.log.committed);
    return;
  }
  if (raft.usesLease()) {
    raft.leaseReads.push({ from, token });
    answerLeaseReads(raft);
    // Without the lease they wait for the next answers; those to a heartbeat sent now come soonest.
    if (raft.leaseReads.length > 0) broadcastHeartbeat(raft);
    return;
  }
  raft.readOnly.add({ from, token, index: raft.log.committed });
  const own = raft.readOnly.newestSequence;
  if (own !== null) raft.readOnly.acknowledge(raft.id, own);
  broadcastHeartbeat(raft);
}

/** Answers reads waiting for the lease, if it is held: then no one else can have committed anything. */
export function answerLeaseReads(raft: RaftState): void {
  if (raft.leaseReads.length === 0 || !raft.lease.isHeld(raft.tracker.configuration.voters, raft.id)) return;
  const reads = raft.leaseReads;
  raft.leaseReads = [];
  for (const { from, token } of reads) answerRead(raft, from, token, raft.log.committed);
}

/** Voters' promises no longer bind them. For the rest of this leadership each read asks a quorum. */
export function endLease(raft: RaftState): void {
  if (!raft.usesLease()) return;
  raft.lease.end();
  // Answers that bring back a round of the lease may still come.
  raft.readOnly = new ReadOnly(raft.lease.round + 1);
  const reads = raft.leaseReads;
  raft.leaseReads = [];
  for (const { from, token } of reads) startRead(raft, from, token);
}

/** An entry of this term is committed now: reads that came before it may begin. */
export function releaseEarlyReads(raft: RaftState): void {
  if (raft.earlyReads.length === 0 || !raft.hasCommittedInTerm()) return;
  const reads = raft.earlyReads;
  raft.earlyReads = [];
  for (const { from, token } of reads) startRead(raft, from, token);
}

/** Answers what a quorum has confirmed; called whenever an answer has come or the quorum has changed. */
export function answerConfirmedReads(raft: RaftState): void {
  for (const read of raft.readOnly.takeConfirmed(raft.tracker.configuration.voters)) {
    answerRead(raft, read.from, read.token, read.index);
  }
}

/** Tells the sender which index it must have applied. */
function answerRead(raft: RaftState, from: RaftId, token: number, index: LogIndex): void {
  if (from === raft.id) raft.readStates.push({ token, index });
  else raft.send({ kind: "readIndexResponse", to: from, token, index });
}
