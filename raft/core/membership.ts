import { indexMin, indexPlus } from "../ids.ts";
import { applyConfChange, type Membership } from "./conf-change.ts";
import { type ConfChange, LEAVE_JOINT, type Proposal } from "./entry.ts";
import type { RaftState } from "./raft-state.ts";
import { answerConfirmedReads } from "./reads.ts";
import { appendProposals, broadcastAppend, maybeCommit, maybeSendAppend } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import { isJoint } from "./tracker.ts";

/**
 * A membership change takes effect when it is applied. At most one is unapplied at a time: that is what makes one-voter
 * steps safe, since then consecutive configurations share a member in any two majorities.
 */

/**
 * Cancels changes that may not be made now; an empty entry takes their place, so that the indexes promised to other
 * proposals of the list stay valid.
 */
function admitConfChanges(raft: RaftState, proposals: readonly Proposal[]): readonly Proposal[] {
  raft.struckOut.clear();
  return proposals.map((proposal, at) => {
    if (proposal.kind !== "confChange") return proposal;
    const why = raft.options.disableConfChangeValidation ? null : whyNotNow(raft, proposal.change);
    if (why === null) {
      raft.pendingConfIndex = indexPlus(raft.log.lastIndex(), at + 1);
      return proposal;
    }
    const { configuration } = raft.tracker;
    raft.struckOut.set(indexPlus(raft.log.lastIndex(), at + 1), why);
    raft.trace({ kind: "confChangeIgnored", change: proposal.change, configuration, why });
    return { kind: "normal", data: new Uint8Array(0) };
  });
}

function whyNotNow(raft: RaftState, change: ConfChange): string | null {
  const { pendingConfIndex, log } = raft;
  if (pendingConfIndex > log.applied) {
    return `possible unapplied conf change at index ${pendingConfIndex} (applied to ${log.applied})`;
  }
  const joint = isJoint(raft.tracker.configuration);
  const wantsLeave = change.operations.length === 0;
  if (joint && !wantsLeave) return "must transition out of joint config first";
  if (!joint && wantsLeave) return "not in joint state; refusing empty conf change";
  return null;
}

/**
 * The shell has reached this change while applying.
 * @throws ConfChangeRefused when it is impossible, which is a bug.
 */
export function onConfChangeApplied(raft: RaftState, change: ConfChange): void {
  switchConfiguration(raft, applyConfChange(raft.tracker, raft.log.lastIndex(), change));
}

/** Puts a membership into force, with all its consequences for this node's role. */
export function switchConfiguration(raft: RaftState, membership: Membership): void {
  const { tracker } = raft;
  tracker.configuration = membership.configuration;
  tracker.progress = membership.progress;
  raft.trace({ kind: "configurationSwitched", configuration: tracker.configuration });

  const own = tracker.progress.get(raft.id);
  if (raft.role !== "leader") return;
  if (own === undefined || own.isLearner) {
    // It would keep sending heartbeats, so that no one else campaigns, while it may not propose anything itself.
    if (!raft.options.stepDownOnRemoval) return;
    tellCommitted(raft);
    becomeFollower(raft, raft.term, null);
    return;
  }
  if (tracker.configuration.voters.incoming.size === 0) return;
  // A smaller quorum may already hold more.
  if (maybeCommit(raft)) broadcastAppend(raft);
  else {
    // New members need not wait for a heartbeat or the next proposal.
    for (const id of tracker.ids) {
      if (id !== raft.id) maybeSendAppend(raft, id, "unlessEmpty");
    }
  }
  answerConfirmedReads(raft);
  if (raft.transferee !== null && !tracker.isVoter(raft.transferee)) raft.transferee = null;
}

/**
 * The last message of a leader that leaves: perhaps no one else knows that it is no longer needed, and without it the
 * others may not be a quorum of the configuration they know. Heartbeats also reach peers whose appends are held back.
 */
function tellCommitted(raft: RaftState): void {
  const { committed } = raft.log;
  for (const [to, progress] of raft.tracker.progress) {
    const commit = indexMin(progress.match, committed);
    if (to !== raft.id && !progress.hasSentCommit(commit))
      raft.send({ kind: "heartbeat", to, commit, readSequence: null });
  }
}

/** The leader leaves a joint configuration by itself once the change that entered it is applied. */
export function maybeLeaveJoint(raft: RaftState): void {
  const { configuration } = raft.tracker;
  if (raft.role !== "leader" || !configuration.autoLeave || raft.log.applied < raft.pendingConfIndex) return;
  const refused = proposeAsLeader(raft, [{ kind: "confChange", change: LEAVE_JOINT }]);
  raft.trace({ kind: "leavingJoint", configuration, refused });
}

/** Appends and sends out proposals. Returns why they were dropped, null when they were taken. */
export function proposeAsLeader(
  raft: RaftState,
  proposals: readonly Proposal[],
): "notMember" | "transferring" | "tooMuchUncommitted" | null {
  const why = whyDropped(raft);
  if (why !== null) {
    raft.trace({ kind: "proposalDropped", why, term: raft.term, leader: raft.leader });
    return why;
  }
  if (!appendProposals(raft, admitConfChanges(raft, proposals))) return "tooMuchUncommitted";
  broadcastAppend(raft);
  return null;
}

function whyDropped(raft: RaftState): "notMember" | "transferring" | null {
  // Removed, but not stepped down: what it appended could not be relied on.
  if (!raft.tracker.progress.has(raft.id)) return "notMember";
  // The log must stand still, or the next leader would never catch up.
  if (raft.transferee !== null) return "transferring";
  return null;
}
