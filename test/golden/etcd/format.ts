import type { ConfChange, Entry, Proposal } from "../../../raft/core/entry.ts";
import type { Progress } from "../../../raft/core/progress.ts";
import type { Role } from "../../../raft/core/raft-state.ts";
import type { Ready } from "../../../raft/core/ready.ts";
import type { SnapshotMeta } from "../../../raft/core/snapshot.ts";
import type { Configuration } from "../../../raft/core/tracker.ts";
import { type RaftId, sortedIds } from "../../../raft/ids.ts";

/** Our data in the words of etcd-io/raft's transcripts. */

/** What those transcripts call a message; a superset of ours, since storage work travels as messages there. */
export interface EtcdMessage {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly vote: number;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly entries: readonly string[];
  readonly snapshot: SnapshotMeta | null;
  readonly responses: readonly EtcdMessage[];
}

export const hex = (id: number | null): string => (id ?? 0).toString(16);

/** The member name that marks a change as made in the old, single-operation format; only these transcripts know it. */
export const OLD_FORMAT = "v1";

export function formatEntry(entry: Entry): string {
  return `${entry.term}/${entry.index} ${formatProposal(entry)}`;
}

export function formatProposal(proposal: Proposal): string {
  if (proposal.kind === "normal") return `EntryNormal ${JSON.stringify(new TextDecoder().decode(proposal.data))}`;
  const type = proposal.change.member?.nodeId === OLD_FORMAT ? "EntryConfChange" : "EntryConfChangeV2";
  const operations = formatOperations(proposal.change);
  return operations === "" ? type : `${type} ${operations}`;
}

const SIGNS = { addVoter: "v", addLearner: "l", remove: "r", update: "u" } as const;

function formatOperations(change: ConfChange): string {
  return change.operations.map(({ kind, id }) => `${SIGNS[kind]}${id}`).join(" ");
}

export function formatMessage(message: EtcdMessage, indent = ""): string {
  const { type, from, to, term, logTerm, index, commit, vote, reject, entries, snapshot, responses } = message;
  let text = `${indent}${from}->${to} ${type} Term:${term} Log:${logTerm}/${index}`;
  if (reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (commit !== 0) text += ` Commit:${commit}`;
  if (vote !== 0) text += ` Vote:${vote}`;
  if (entries.length === 1) text += ` Entries:[${entries[0]}]`;
  if (entries.length > 1) text += ` Entries:[${entries.map((entry) => `\n${indent}  ${entry}`).join("")}\n${indent}]`;
  if (snapshot !== null) text += `\n${indent}  Snapshot: ${formatSnapshot(snapshot)}`;
  if (responses.length > 0) {
    const nested = responses.map((response) => `\n${formatMessage(response, `${indent}  `)}`).join("");
    text += ` Responses:[${nested}\n${indent}]`;
  }
  return text;
}

export function formatSnapshot({ index, term, confState }: SnapshotMeta): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = confState;
  const list = (ids: readonly RaftId[]): string => `[${ids.join(" ")}]`;
  return (
    `Index:${index} Term:${term} ConfState:Voters:${list(voters)} VotersOutgoing:${list(votersOutgoing)} ` +
    `Learners:${list(learners)} LearnersNext:${list(learnersNext)} AutoLeave:${autoLeave}`
  );
}

const ROLES: Readonly<Record<Role, string>> = {
  follower: "StateFollower",
  preCandidate: "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader",
};

export function formatRole(role: Role): string {
  return ROLES[role];
}

export function formatReady(ready: Ready, mustSync: boolean, messages: readonly EtcdMessage[]): string {
  const { softState, hardState, readStates, entries, snapshot, committed } = ready;
  const lines: string[] = [];
  if (softState !== null) lines.push(`Lead:${softState.leader ?? 0} State:${formatRole(softState.role)}`);
  if (hardState !== null) {
    const vote = hardState.vote === null ? "" : ` Vote:${hardState.vote}`;
    lines.push(`HardState Term:${hardState.term}${vote} Commit:${hardState.commit}`);
  }
  if (readStates.length > 0) {
    lines.push(`ReadStates [${readStates.map(({ index, token }) => `{${index} ${token}}`).join(" ")}]`);
  }
  if (entries.length > 0) lines.push("Entries:", ...entries.map(formatEntry));
  if (snapshot !== null) lines.push(`Snapshot ${formatSnapshot(snapshot.meta)}`);
  if (committed.length > 0) lines.push("CommittedEntries:", ...committed.map(formatEntry));
  if (messages.length > 0) lines.push("Messages:", ...messages.map((message) => formatMessage(message)));
  return lines.length === 0 ? "<empty Ready>\n" : `Ready MustSync=${mustSync}:\n${lines.join("\n")}\n`;
}

const PROGRESS_STATES = { probe: "StateProbe", replicate: "StateReplicate", snapshot: "StateSnapshot" } as const;

export function formatProgress(progress: Progress): string {
  const { state, match, next, isLearner, pendingSnapshot, recentActive, inflights } = progress;
  let text = `${PROGRESS_STATES[state]} match=${match} next=${next}`;
  if (isLearner) text += " learner";
  if (progress.isPaused()) text += " paused";
  if (pendingSnapshot > 0) text += ` pendingSnap=${pendingSnapshot}`;
  if (!recentActive) text += " inactive";
  if (inflights.count > 0) text += ` inflight=${inflights.count}${inflights.isFull() ? "[full]" : ""}`;
  return text;
}

export function formatConfiguration({ voters, learners, learnersNext, autoLeave }: Configuration): string {
  const list = (ids: ReadonlySet<RaftId>): string => `(${sortedIds(ids).join(" ")})`;
  let text = `voters=${list(voters.incoming)}`;
  if (voters.outgoing.size > 0) text += `&&${list(voters.outgoing)}`;
  if (learners.size > 0) text += ` learners=${list(learners)}`;
  if (learnersNext.size > 0) text += ` learners_next=${list(learnersNext)}`;
  if (autoLeave) text += " autoleave";
  return text;
}
