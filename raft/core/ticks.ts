import { maybeCampaign, tickHaste } from "./election.ts";
import { checkQuorum } from "./leader.ts";
import type { RaftState } from "./raft-state.ts";
import { broadcastHeartbeat } from "./replication.ts";

/** One tick passes. Time is only ever counted, so a replay is exact and a pause of the process is just fewer ticks. */
export function tick(raft: RaftState): void {
  raft.promiseElapsed++;
  if (raft.role === "leader") tickLeader(raft);
  else tickElection(raft);
}

/** The how-manieth tick from now will be acted upon, if nothing else happens until then. */
export function ticksUntilAction(raft: RaftState): number {
  const { electionTicks, heartbeatTicks } = raft.options;
  if (raft.role === "leader") {
    return Math.max(1, Math.min(heartbeatTicks - raft.heartbeatElapsed, electionTicks - raft.electionElapsed));
  }
  return raft.haste === null ? Math.max(1, raft.randomizedElectionTicks - raft.electionElapsed) : 1;
}

function tickElection(raft: RaftState): void {
  raft.electionElapsed++;
  if (raft.haste !== null) tickHaste(raft);
  if (!raft.isPromotable() || raft.electionElapsed < raft.randomizedElectionTicks) return;
  raft.electionElapsed = 0;
  maybeCampaign(raft, "timeout");
}

function tickLeader(raft: RaftState): void {
  raft.lease.tick();
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= raft.options.electionTicks) {
    raft.electionElapsed = 0;
    if (raft.options.checkQuorum) checkQuorum(raft);
    // The member that was to take over did not: the leader carries on.
    raft.transferee = null;
  }
  if (raft.role !== "leader" || raft.heartbeatElapsed < raft.options.heartbeatTicks) return;
  raft.heartbeatElapsed = 0;
  broadcastHeartbeat(raft);
}
