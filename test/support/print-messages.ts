/** One-line texts of what members send and are to do: for golden transcripts, checkers and failure messages. */
import type { Entry, Proposal } from "../../raft/core/entry.ts";
import type { Message } from "../../raft/core/message.ts";
import { printConfChange, printId, printSnapshot } from "../../raft/core/printer.ts";
import type { Ready } from "../../raft/core/ready.ts";
import { unreachable } from "../../shared/invariant.ts";

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
