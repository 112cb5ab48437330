import { invariant } from "../../shared/invariant.ts";
import type { Entry } from "../core/entry.ts";
import { type RaftMember, toRaftId } from "../ids.ts";
import { entryBytes, readEntry, writeEntry } from "./entry-codec.ts";
import { type FramedMessage, fromMessage, toMessage, type WireMessage } from "./message-codec.ts";
import { WireReader } from "./wire-reader.ts";
import { nestedBytes, numberFieldBytes, textFieldBytes, WireWriter } from "./wire-writer.ts";

/** Everything the sender had for a peer at one turn: RaftFrame of proto/swarm/v1/raft.proto. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly clusterId: string;
  /** HOST:PORT where the sender listens. */
  readonly address: string;
  /** The receiver was removed from the group; nothing follows. */
  readonly removed: boolean;
  readonly era: number;
  /** Where the sender reaches the members; empty = it has said so. */
  readonly members: readonly RaftMember[];
  readonly messages: readonly FramedMessage[];
}

/** Fields of RaftFrame, RaftMember and RaftMessage. */
const FRAME = { from: 1, to: 2, clusterId: 3, messages: 4, address: 5, removed: 6, era: 7, members: 8 } as const;
const MEMBER = { raftId: 1, nodeId: 2, address: 3 } as const;
const MESSAGE = {
  kind: 1,
  from: 2,
  to: 3,
  term: 4,
  logTerm: 5,
  index: 6,
  commit: 7,
  reject: 8,
  rejectHint: 9,
  entries: 10,
  reason: 11,
  token: 12,
  commitTerm: 13,
} as const;

export function encodeFrame(frame: Frame): Buffer {
  const messages = frame.messages.map(fromMessage);
  const lengths = messages.map(messageBytes);
  let size = numberFieldBytes(frame.from) + numberFieldBytes(frame.to) + numberFieldBytes(Number(frame.removed));
  size += numberFieldBytes(frame.era);
  size += textFieldBytes(frame.clusterId) + textFieldBytes(frame.address);
  for (const length of lengths) size += nestedBytes(length);
  for (const member of frame.members) size += nestedBytes(memberBytes(member));
  const writer = new WireWriter(size);
  writer.number(FRAME.from, frame.from);
  writer.number(FRAME.to, frame.to);
  writer.text(FRAME.clusterId, frame.clusterId);
  messages.forEach((message, at) => {
    writer.nested(FRAME.messages, lengths[at] as number);
    writeMessage(writer, message);
  });
  writer.text(FRAME.address, frame.address);
  writer.number(FRAME.removed, Number(frame.removed));
  writer.number(FRAME.era, frame.era);
  for (const member of frame.members) writeMember(writer, member);
  invariant(writer.isFull, "a frame is as long as it was computed to be");
  return writer.bytes;
}

/** @throws SwarmError, InvariantError or Error when the bytes are not a valid frame. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new WireReader(bytes);
  const messages: FramedMessage[] = [];
  const members: RaftMember[] = [];
  const frame = { from: 0, to: 0, clusterId: "", address: "", removed: false, era: 0, members, messages };
  while (reader.next()) {
    if (reader.field === FRAME.from) frame.from = reader.number();
    else if (reader.field === FRAME.to) frame.to = reader.number();
    else if (reader.field === FRAME.clusterId) frame.clusterId = reader.text();
    else if (reader.field === FRAME.messages) messages.push(toMessage(reader.nested(readMessage)));
    else if (reader.field === FRAME.address) frame.address = reader.text();
    else if (reader.field === FRAME.removed) frame.removed = reader.number() !== 0;
    else if (reader.field === FRAME.era) frame.era = reader.number();
    else if (reader.field === FRAME.members) members.push(reader.nested(readMember));
  }
  return frame;
}

function memberBytes({ raftId, nodeId, address }: RaftMember): number {
  return numberFieldBytes(raftId) + textFieldBytes(nodeId) + textFieldBytes(address);
}

function writeMember(writer: WireWriter, member: RaftMember): void {
  writer.nested(FRAME.members, memberBytes(member));
  writer.number(MEMBER.raftId, member.raftId);
  writer.text(MEMBER.nodeId, member.nodeId);
  writer.text(MEMBER.address, member.address);
}

function readMember(reader: WireReader): RaftMember {
  const member = { raftId: 0, nodeId: "", address: "" };
  while (reader.next()) {
    if (reader.field === MEMBER.raftId) member.raftId = reader.number();
    else if (reader.field === MEMBER.nodeId) member.nodeId = reader.text();
    else if (reader.field === MEMBER.address) member.address = reader.text();
  }
  return { ...member, raftId: toRaftId(member.raftId) };
}

function messageBytes(message: WireMessage): number {
  let size = textFieldBytes(message.kind) + textFieldBytes(message.reason);
  size += numberFieldBytes(message.from) + numberFieldBytes(message.to) + numberFieldBytes(message.term);
  size += numberFieldBytes(message.logTerm) + numberFieldBytes(message.index) + numberFieldBytes(message.commit);
  size += numberFieldBytes(Number(message.reject)) + numberFieldBytes(message.rejectHint);
  size += numberFieldBytes(message.token) + numberFieldBytes(message.commitTerm);
  for (const entry of message.entries) size += nestedBytes(entryBytes(entry));
  return size;
}

function writeMessage(writer: WireWriter, message: WireMessage): void {
  writer.text(MESSAGE.kind, message.kind);
  writer.number(MESSAGE.from, message.from);
  writer.number(MESSAGE.to, message.to);
  writer.number(MESSAGE.term, message.term);
  writer.number(MESSAGE.logTerm, message.logTerm);
  writer.number(MESSAGE.index, message.index);
  writer.number(MESSAGE.commit, message.commit);
  writer.number(MESSAGE.reject, Number(message.reject));
  writer.number(MESSAGE.rejectHint, message.rejectHint);
  for (const entry of message.entries) {
    writer.nested(MESSAGE.entries, entryBytes(entry));
    writeEntry(writer, entry);
  }
  writer.text(MESSAGE.reason, message.reason);
  writer.number(MESSAGE.token, message.token);
  writer.number(MESSAGE.commitTerm, message.commitTerm);
}

function readMessage(reader: WireReader): WireMessage {
  const entries: Entry[] = [];
  const message = {
    kind: "",
    from: 0,
    to: 0,
    term: 0,
    logTerm: 0,
    index: 0,
    commit: 0,
    reject: false,
    rejectHint: 0,
    entries,
    reason: "",
    token: 0,
    commitTerm: 0,
  };
  while (reader.next()) readField(reader, message, entries);
  return message;
}

function readField(
  reader: WireReader,
  message: { -readonly [Field in keyof WireMessage]: WireMessage[Field] },
  entries: Entry[],
): void {
  switch (reader.field) {
    case MESSAGE.kind:
      message.kind = reader.text();
      return;
    case MESSAGE.from:
      message.from = reader.number();
      return;
    case MESSAGE.to:
      message.to = reader.number();
      return;
    case MESSAGE.term:
      message.term = reader.number();
      return;
    case MESSAGE.logTerm:
      message.logTerm = reader.number();
      return;
    case MESSAGE.index:
      message.index = reader.number();
      return;
    case MESSAGE.commit:
      message.commit = reader.number();
      return;
    case MESSAGE.reject:
      message.reject = reader.number() !== 0;
      return;
    case MESSAGE.rejectHint:
      message.rejectHint = reader.number();
      return;
    case MESSAGE.entries:
      entries.push(reader.nested(readEntry));
      return;
    case MESSAGE.reason:
      message.reason = reader.text();
      return;
    case MESSAGE.token:
      message.token = reader.number();
      return;
    case MESSAGE.commitTerm:
      message.commitTerm = reader.number();
      return;
    default:
    // A newer sender's; it is skipped.
  }
}
