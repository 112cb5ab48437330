import { unreachable } from "../../shared/invariant.ts";
import { type RaftId, sortedIds } from "../ids.ts";
import type { ConfChange, Entry, EntryId, Proposal } from "./entry.ts";
import type { Message } from "./message.ts";
import type { Progress } from "./progress.ts";
import type { Ready } from "./ready.ts";
import type { SnapshotMeta } from "./snapshot.ts";
import type { TraceEvent } from "./trace.ts";
import type { Configuration } from "./tracker.ts";

/** One-line texts of what the core works with: for logs, golden transcripts and failure messages. */

/** `1/12 "x"`: term, index, payload. */
export function printEntry(entry: Entry): string {
  return `${printId(entry)} ${printProposal(entry)}`;
}

function printProposal(proposal: Proposal): string {
  switch (proposal.kind) {
    case "normal":
      return JSON.stringify(new TextDecoder().decode(proposal.data));
    case "confChange":
      return printConfChange(proposal.change);
    default:
      return unreachable(proposal);
  }
}

const OPERATION_SIGNS = { addVoter: "+voter", addLearner: "+learner", remove: "-", update: "~" } as const;

function printConfChange({ transition, operations }: ConfChange): string {
  const list = operations.map(({ kind, id }) => `${OPERATION_SIGNS[kind]} ${id}`);
  const mode = transition === "auto" ? [] : [transition];
  return list.length === 0 ? "leaveJoint" : `change(${[...mode, ...list].join(", ")})`;
}

function printId({ term, index }: EntryId): string {
  return `${term}/${index}`;
}

/** `1->2 appendEntries term=1 prev=1/11 commit=11 [1/12 "x"]`. */
export function printMessage(message: Message): string {
  const fields = printFields(message);
  const term = message.term === 0 ? "" : ` term=${message.term}`;
  return `${message.from}->${message.to} ${message.kind}${term}${fields === "" ? "" : ` ${fields}`}`;
}

function printFields(message: Message): string {
  switch (message.kind) {
    case "preVoteRequest":
    case "voteRequest":
      return `last=${printId(message.last)}${message.reason === "timeout" ? "" : ` reason=${message.reason}`}`;
    case "preVoteResponse":
    case "voteResponse":
      return message.granted ? "granted" : "rejected";
    case "appendEntries": {
      const entries = message.entries.map(printEntry).join(", ");
      return `prev=${printId(message.prev)} commit=${message.commit} [${entries}]`;
    }
    case "appendEntriesResponse": {
      const { index, rejection } = message;
      if (rejection === null) return `index=${index}`;
      return `rejected index=${index} hint=${rejection.hintTerm}/${rejection.hintIndex}`;
    }
    case "heartbeat":
      return `commit=${message.commit}${printSequence(message.readSequence)}`;
    case "heartbeatResponse":
      return printSequence(message.readSequence).trimStart();
    case "installSnapshot":
      return `snapshot=${printSnapshot(message.snapshot.meta)}`;
    case "timeoutNow":
    case "transferLeadership":
      return "";
    case "propose":
      return `[${message.proposals.map(printProposal).join(", ")}]`;
    case "readIndex":
      return `token=${message.token}`;
    case "readIndexResponse":
      return `token=${message.token} index=${message.index}`;
    default:
      return unreachable(message);
  }
}

function printSequence(sequence: number | null): string {
  return sequence === null ? "" : ` read=${sequence}`;
}

function printSnapshot(meta: SnapshotMeta): string {
  const { voters, votersOutgoing, learners } = meta.confState;
  const outgoing = votersOutgoing.length === 0 ? "" : `&&(${votersOutgoing.join(" ")})`;
  const extra = learners.length === 0 ? "" : ` learners=(${learners.join(" ")})`;
  return `${printId(meta)} voters=(${voters.join(" ")})${outgoing}${extra}`;
}

/** `voters=(1 2)&&(3) learners=(4) learners_next=(5) autoleave`. */
export function printConfiguration({ voters, learners, learnersNext, autoLeave }: Configuration): string {
  const list = (ids: Iterable<RaftId>): string => `(${sortedIds(ids).join(" ")})`;
  const outgoing = voters.outgoing.size === 0 ? "" : `&&${list(voters.outgoing)}`;
  const learning = learners.size === 0 ? "" : ` learners=${list(learners)}`;
  const next = learnersNext.size === 0 ? "" : ` learners_next=${list(learnersNext)}`;
  return `voters=${list(voters.incoming)}${outgoing}${learning}${next}${autoLeave ? " autoleave" : ""}`;
}

/** `replicate match=4 next=9 inflight=2`. */
export function printProgress(progress: Progress): string {
  const { state, match, next, pendingSnapshot, inflights } = progress;
  const marks = [
    progress.isLearner ? "learner" : null,
    progress.isPaused() ? "paused" : null,
    pendingSnapshot > 0 ? `pendingSnapshot=${pendingSnapshot}` : null,
    progress.recentActive ? null : "inactive",
    inflights.count > 0 ? `inflight=${inflights.count}${inflights.isFull() ? "[full]" : ""}` : null,
  ];
  return [state, `match=${match}`, `next=${next}`, ...marks.filter((mark) => mark !== null)].join(" ");
}

/** One line for each thing the shell has to do. */
export function printReady(ready: Ready): string[] {
  const { softState, hardState, snapshot } = ready;
  const lines: string[] = [];
  if (softState !== null) lines.push(`role=${softState.role} leader=${softState.leader ?? "none"}`);
  for (const message of ready.messages) lines.push(`send ${printMessage(message)}`);
  if (hardState !== null) {
    lines.push(`write term=${hardState.term} vote=${hardState.vote ?? "none"} commit=${hardState.commit}`);
  }
  if (snapshot !== null) lines.push(`write snapshot ${printSnapshot(snapshot.meta)}`);
  for (const entry of ready.entries) lines.push(`write ${printEntry(entry)}`);
  if (ready.mustSync) lines.push("sync");
  for (const message of ready.messagesAfterPersist) lines.push(`then send ${printMessage(message)}`);
  for (const entry of ready.committed) lines.push(`apply ${printEntry(entry)}`);
  for (const { token, index } of ready.readStates) lines.push(`read ${token} at ${index}`);
  return lines;
}

/** A trace event as words: its kind in lower case, then its facts. */
export function describeTrace(event: TraceEvent): string {
  const { kind, ...facts } = event;
  const words = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const fields = Object.entries(facts).map(([name, value]) => `${name}=${describeFact(name, value)}`);
  return [words, ...fields].join(" ");
}

function describeFact(name: string, value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  if (name === "progress") return `[${printProgress(value as Progress)}]`;
  if (name === "configuration") return `[${printConfiguration(value as Configuration)}]`;
  if (name === "change") return printConfChange(value as ConfChange);
  if ("confState" in value) return `[${printSnapshot(value as SnapshotMeta)}]`;
  if ("term" in value && "index" in value) return printId(value as EntryId);
  if (Array.isArray(value)) return `(${value.join(" ")})`;
  return JSON.stringify(value);
}
