import { unreachable } from "../../shared/invariant.ts";
import { maybeCampaign, onVoteRequest, onVoteResponse } from "./election.ts";
import { acceptLeader, onAppendEntries, onHeartbeat, onInstallSnapshot } from "./follower.ts";
import { DONE, type Outcome } from "./input.ts";
import { onAppendEntriesResponse, onHeartbeatResponse, onTransferLeadership } from "./leader.ts";
import { proposeAsLeader } from "./membership.ts";
import type { Message, MessageOf } from "./message.ts";
import type { RaftState } from "./raft-state.ts";
import { onReadIndex } from "./reads.ts";
import { becomeFollower } from "./roles.ts";
import type { DropReason } from "./trace.ts";

/** Lets a message whose term is settled take effect, by role. */
export function stepByRole(raft: RaftState, message: Message): Outcome {
  // Votes are decided by log and vote alone, whatever the role.
  if (message.kind === "preVoteRequest" || message.kind === "voteRequest") {
    onVoteRequest(raft, message);
    return DONE;
  }
  switch (raft.role) {
    case "leader":
      return stepLeader(raft, message);
    case "preCandidate":
    case "candidate":
      return stepCandidate(raft, message);
    case "follower":
      return stepFollower(raft, message);
    default:
      return unreachable(raft.role);
  }
}

type RoleMessage = Exclude<Message, MessageOf<"preVoteRequest" | "voteRequest">>;

function stepLeader(raft: RaftState, message: RoleMessage): Outcome {
  switch (message.kind) {
    case "appendEntriesResponse":
      onAppendEntriesResponse(raft, message);
      return DONE;
    case "heartbeatResponse":
      onHeartbeatResponse(raft, message);
      return DONE;
    case "propose": {
      const why = proposeAsLeader(raft, message.proposals);
      return why === null ? DONE : { kind: "dropped", why };
    }
    case "readIndex":
      onReadIndex(raft, message.from, message.token);
      return DONE;
    case "transferLeadership":
      onTransferLeadership(raft, message.from);
      return DONE;
    // Late answers to the election it won, and what only a second leader of the same term could send, which does not
    // exist.
    case "preVoteResponse":
    case "voteResponse":
    case "appendEntries":
    case "heartbeat":
    case "installSnapshot":
    case "timeoutNow":
    case "readIndexResponse":
      return DONE;
    default:
      return unreachable(message);
  }
}

function stepCandidate(raft: RaftState, message: RoleMessage): Outcome {
  switch (message.kind) {
    case "appendEntries":
    case "heartbeat":
    case "installSnapshot":
      // Someone won this term.
      becomeFollower(raft, message.term, message.from);
      return stepFollower(raft, message);
    case "preVoteResponse":
      if (raft.role === "preCandidate") onVoteResponse(raft, message);
      return DONE;
    case "voteResponse":
      if (raft.role === "candidate") onVoteResponse(raft, message);
      return DONE;
    case "propose":
      return drop(raft, "noLeader");
    case "timeoutNow":
      raft.trace({ kind: "timeoutNowIgnored", from: message.from, term: raft.term });
      return DONE;
    case "readIndex":
      raft.trace({ kind: "readDropped", term: raft.term });
      return { kind: "dropped", why: "noLeader" };
    case "readIndexResponse":
    case "appendEntriesResponse":
    case "heartbeatResponse":
    case "transferLeadership":
      return DONE;
    default:
      return unreachable(message);
  }
}

function stepFollower(raft: RaftState, message: RoleMessage): Outcome {
  switch (message.kind) {
    case "appendEntries":
      acceptLeader(raft, message.from);
      onAppendEntries(raft, message);
      return DONE;
    case "heartbeat":
      acceptLeader(raft, message.from);
      onHeartbeat(raft, message);
      return DONE;
    case "installSnapshot":
      acceptLeader(raft, message.from);
      onInstallSnapshot(raft, message);
      return DONE;
    case "timeoutNow":
      raft.trace({ kind: "timeoutNowReceived", from: message.from, term: raft.term });
      maybeCampaign(raft, "transfer");
      return DONE;
    case "propose":
    case "readIndex":
    case "transferLeadership":
      return passOn(raft, message);
    case "readIndexResponse":
      raft.readStates.push({ token: message.token, index: message.index });
      return DONE;
    // Answers to what this node was earlier in this term.
    case "preVoteResponse":
    case "voteResponse":
    case "appendEntriesResponse":
    case "heartbeatResponse":
      return DONE;
    default:
      return unreachable(message);
  }
}

/** What only the leader can do is passed to the leader, if one is known. */
function passOn(raft: RaftState, message: MessageOf<"propose" | "readIndex" | "transferLeadership">): Outcome {
  const to = raft.leader;
  switch (message.kind) {
    case "propose":
      if (to === null) return drop(raft, "noLeader");
      if (raft.options.disableProposalForwarding) return drop(raft, "notForwarded");
      raft.sendAt(message.term, { ...message, to }, message.from);
      return DONE;
    case "readIndex":
      if (to === null) {
        raft.trace({ kind: "readDropped", term: raft.term });
        return { kind: "dropped", why: "noLeader" };
      }
      raft.sendAt(message.term, { ...message, to }, message.from);
      return DONE;
    case "transferLeadership":
      if (to === null) raft.trace({ kind: "transferIgnored", to: message.from, why: "noLeader", term: raft.term });
      // It speaks for the member that is to lead, which is named as the sender.
      else raft.sendAt(raft.term, { kind: "transferLeadership", to }, message.from);
      return DONE;
    default:
      return unreachable(message);
  }
}

function drop(raft: RaftState, why: DropReason): Outcome {
  raft.trace({ kind: "proposalDropped", why, term: raft.term, leader: raft.leader });
  return { kind: "dropped", why };
}

/** A follower gives up its leader within the term: it may then grant pre-votes. */
export function forgetLeader(raft: RaftState): void {
  if (raft.role !== "follower") return;
  if (raft.options.readMode === "lease") {
    // The leader answers reads by the lease this follower gave it.
    raft.trace({ kind: "forgetLeaderRefused" });
    return;
  }
  if (raft.leader === null) return;
  raft.trace({ kind: "leaderForgotten", leader: raft.leader, term: raft.term });
  raft.leader = null;
}
