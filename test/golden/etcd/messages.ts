import type { AppliedInput, Input, PersistedInput } from "../../../raft/core/input.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { Ready } from "../../../raft/core/ready.ts";
import { type EtcdMessage, formatEntry, formatProposal, hex } from "./format.ts";

/** A message on its way in a transcript, and what our core is given when it arrives. */
export interface Parcel {
  readonly to: number;
  readonly etcd: EtcdMessage;
  readonly input: Input;
  /** To itself or from its own storage: cannot be lost. */
  readonly local: boolean;
}

const TYPES: Readonly<Record<Message["kind"], string>> = {
  preVoteRequest: "MsgPreVote",
  preVoteResponse: "MsgPreVoteResp",
  voteRequest: "MsgVote",
  voteResponse: "MsgVoteResp",
  appendEntries: "MsgApp",
  appendEntriesResponse: "MsgAppResp",
  heartbeat: "MsgHeartbeat",
  heartbeatResponse: "MsgHeartbeatResp",
  installSnapshot: "MsgSnap",
  timeoutNow: "MsgTimeoutNow",
  transferLeadership: "MsgTransferLeader",
  propose: "MsgProp",
  readIndex: "MsgReadIndex",
  readIndexResponse: "MsgReadIndexResp",
};

export function typeOf(kind: Message["kind"]): string {
  return TYPES[kind];
}

const EMPTY: Omit<EtcdMessage, "type" | "from" | "to"> = {
  term: 0,
  logTerm: 0,
  index: 0,
  commit: 0,
  vote: 0,
  reject: false,
  rejectHint: 0,
  entries: [],
  snapshot: null,
  responses: [],
};

export function toParcel(message: Message): Parcel {
  const { from, to, term, kind } = message;
  const etcd = { ...EMPTY, type: TYPES[kind], from: hex(from), to: hex(to), term, ...fieldsOf(message) };
  return { to, etcd, input: { kind: "message", message }, local: from === to };
}

function fieldsOf(message: Message): Partial<EtcdMessage> {
  switch (message.kind) {
    case "preVoteRequest":
    case "voteRequest":
      return { logTerm: message.last.term, index: message.last.index };
    case "preVoteResponse":
    case "voteResponse":
      return { reject: !message.granted };
    case "appendEntries": {
      const { prev, commit, entries } = message;
      return { logTerm: prev.term, index: prev.index, commit, entries: entries.map(formatEntry) };
    }
    case "appendEntriesResponse": {
      const { index, rejection } = message;
      if (rejection === null) return { index };
      return { index, reject: true, rejectHint: rejection.hintIndex, logTerm: rejection.hintTerm };
    }
    case "heartbeat":
      return { commit: message.commit };
    case "installSnapshot":
      return { snapshot: message.snapshot.meta };
    case "propose":
      return { entries: message.proposals.map((proposal) => `0/0 ${formatProposal(proposal)}`) };
    case "readIndexResponse":
      return { index: message.index };
    case "heartbeatResponse":
    case "timeoutNow":
    case "transferLeadership":
    case "readIndex":
      return {};
  }
}

/**
 * What etcd-io/raft calls `Messages`, without storage work, and what it would release after the write. We also hold
 * vote requests back until then while entries are being written (see RaftState.sendAt); there they leave at once.
 */
export function splitMessages(ready: Ready): { readonly now: readonly Parcel[]; readonly later: readonly Parcel[] } {
  const isRequest = ({ kind }: Message): boolean => kind === "voteRequest";
  const requests = ready.messagesAfterPersist.filter(isRequest);
  const promises = ready.messagesAfterPersist.filter((message) => !isRequest(message));
  return { now: [...ready.messages, ...requests].map(toParcel), later: promises.map(toParcel) };
}

/** The promises to itself and the report of a write, as messages from the append thread. */
export function selfParcels(self: number, ready: Ready): readonly Parcel[] {
  return ready.afterPersist.map((input) => {
    if (input.kind === "message") return toParcel(input.message);
    if (input.kind === "persisted") return persistedParcel(self, input, ready);
    throw new Error(`unexpected after a write: ${input.kind}`);
  });
}

function persistedParcel(self: number, input: PersistedInput, ready: Ready): Parcel {
  const etcd: EtcdMessage = {
    ...EMPTY,
    type: "MsgStorageAppendResp",
    from: "AppendThread",
    to: hex(self),
    term: input.term,
    logTerm: input.last?.term ?? 0,
    index: input.last?.index ?? 0,
    snapshot: ready.snapshot?.meta ?? null,
  };
  return { to: self, etcd, input, local: true };
}

/** The write as a message to the append thread, which carries what is released after it; null = nothing to do. */
export function appendWork(self: number, ready: Ready, responses: readonly Parcel[]): EtcdMessage | null {
  const { hardState, entries, snapshot } = ready;
  // The mere report of earlier writes is no reason for a new one.
  const promises = responses.filter(({ input }) => input.kind === "message");
  if (hardState === null && entries.length === 0 && snapshot === null && promises.length === 0) return null;
  return {
    ...EMPTY,
    type: "MsgStorageAppend",
    from: hex(self),
    to: "AppendThread",
    term: hardState?.term ?? 0,
    vote: hardState?.vote ?? 0,
    commit: hardState?.commit ?? 0,
    entries: entries.map(formatEntry),
    snapshot: snapshot?.meta ?? null,
    responses: responses.map(({ etcd }) => etcd),
  };
}

/** The applying as a message to the apply thread, and its answer. */
export function applyWork(self: number, ready: Ready, done: AppliedInput): { message: EtcdMessage; response: Parcel } {
  const entries = ready.committed.map(formatEntry);
  const etcd: EtcdMessage = { ...EMPTY, type: "MsgStorageApplyResp", from: "ApplyThread", to: hex(self), entries };
  const response: Parcel = { to: self, etcd, input: done, local: true };
  const message = { ...EMPTY, type: "MsgStorageApply", from: hex(self), to: "ApplyThread", entries, responses: [etcd] };
  return { message, response };
}
