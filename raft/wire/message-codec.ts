import { SwarmError } from "../../shared/errors.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { Entry, Proposal } from "../core/entry.ts";
import type { CampaignReason, Message, MessageOf } from "../core/message.ts";
import { INDEX_ZERO, TERM_ZERO, toLogIndex, toRaftId, toTerm } from "../ids.ts";

/** Snapshots travel on a stream of their own, in chunks; every other message fits in a frame. */
export type FramedMessage = Exclude<Message, MessageOf<"installSnapshot">>;

/** RaftMessage of proto/swarm/v1/raft.proto: every field is present, with its default if a kind does not use it. */
export interface WireMessage {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly reject: boolean;
  readonly rejectHint: number;
  /** Proposals are entries without a place yet: term and index are 0. */
  readonly entries: readonly Entry[];
  readonly reason: string;
  readonly token: number;
  readonly commitTerm: number;
}

const DEFAULTS: Omit<WireMessage, "kind" | "from" | "to" | "term"> = {
  logTerm: 0,
  index: 0,
  commit: 0,
  reject: false,
  rejectHint: 0,
  entries: [],
  reason: "",
  token: 0,
  commitTerm: 0,
};

const REASONS: readonly CampaignReason[] = ["timeout", "transfer", "leaderGone"];

export function fromMessage(message: FramedMessage): WireMessage {
  const envelope = { ...DEFAULTS, kind: message.kind, from: message.from, to: message.to, term: message.term };
  switch (message.kind) {
    case "preVoteRequest":
    case "voteRequest":
      return {
        ...envelope,
        logTerm: message.last.term,
        index: message.last.index,
        reason: message.reason,
        commit: message.committed.index,
        commitTerm: message.committed.term,
      };
    case "preVoteResponse":
    case "voteResponse":
      return {
        ...envelope,
        reject: !message.granted,
        commit: message.committed.index,
        commitTerm: message.committed.term,
      };
    case "appendEntries": {
      const { prev, commit, entries } = message;
      return { ...envelope, logTerm: prev.term, index: prev.index, commit, entries };
    }
    case "appendEntriesResponse": {
      const { index, rejection } = message;
      if (rejection === null) return { ...envelope, index };
      return { ...envelope, index, reject: true, rejectHint: rejection.hintIndex, logTerm: rejection.hintTerm };
    }
    case "heartbeat":
      return { ...envelope, commit: message.commit, token: message.readSequence ?? 0 };
    case "heartbeatResponse":
      return { ...envelope, token: message.readSequence ?? 0 };
    case "timeoutNow":
    case "transferLeadership":
      return envelope;
    case "propose":
      return { ...envelope, entries: message.proposals.map(fromProposal) };
    case "readIndex":
      return { ...envelope, token: message.token };
    case "readIndexResponse":
      return { ...envelope, token: message.token, index: message.index };
    default:
      return unreachable(message);
  }
}

/** @throws SwarmError invalidArgument for a kind we do not know; InvariantError for numbers that make no sense. */
export function toMessage(raw: WireMessage): FramedMessage {
  const kind = raw.kind as FramedMessage["kind"];
  const envelope = { from: toRaftId(raw.from), to: toRaftId(raw.to), term: toTerm(raw.term) };
  const index = toLogIndex(raw.index);
  const id = { index, term: toTerm(raw.logTerm) };
  // From a sender that does not set it: index and term 0, which means nothing.
  const committed = { index: toLogIndex(raw.commit), term: toTerm(raw.commitTerm) };
  const readSequence = raw.token === 0 ? null : raw.token;
  switch (kind) {
    case "preVoteRequest":
    case "voteRequest":
      return { ...envelope, kind, last: id, reason: toReason(raw.reason), committed };
    case "preVoteResponse":
    case "voteResponse":
      return { ...envelope, kind, granted: !raw.reject, committed };
    case "appendEntries":
      return { ...envelope, kind, prev: id, commit: toLogIndex(raw.commit), entries: raw.entries };
    case "appendEntriesResponse": {
      const rejection = raw.reject ? { hintIndex: toLogIndex(raw.rejectHint), hintTerm: id.term } : null;
      return { ...envelope, kind, index, rejection };
    }
    case "heartbeat":
      return { ...envelope, kind, commit: toLogIndex(raw.commit), readSequence };
    case "heartbeatResponse":
      return { ...envelope, kind, readSequence };
    case "timeoutNow":
    case "transferLeadership":
      return { ...envelope, kind };
    case "propose":
      return { ...envelope, kind, term: TERM_ZERO, proposals: raw.entries.map(toProposal) };
    case "readIndex":
      return { ...envelope, kind, term: TERM_ZERO, token: raw.token };
    case "readIndexResponse":
      return { ...envelope, kind, token: raw.token, index };
    default:
      kind satisfies never;
      throw new SwarmError("invalidArgument", `unknown kind of Raft message ${JSON.stringify(raw.kind)}`);
  }
}

function toReason(text: string): CampaignReason {
  const reason = REASONS.find((known) => known === text);
  if (reason === undefined) throw new SwarmError("invalidArgument", `unknown campaign reason ${JSON.stringify(text)}`);
  return reason;
}

function fromProposal(proposal: Proposal): Entry {
  return { ...proposal, term: TERM_ZERO, index: INDEX_ZERO };
}

function toProposal(entry: Entry): Proposal {
  return entry.kind === "normal" ? { kind: "normal", data: entry.data } : { kind: "confChange", change: entry.change };
}
