import { SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type {
  ConfChange as WireConfChange,
  ConfState as WireConfState,
  RaftMember as WireRaftMember,
  SnapshotMeta as WireSnapshotMeta,
} from "../../shared/rpc/gen/raft.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { ConfChange, ConfChangeOperation, Entry } from "../core/entry.ts";
import { type ConfState, EMPTY_CONF_STATE, type SnapshotMeta } from "../core/snapshot.ts";
import { type RaftId, type RaftMember, toLogIndex, toRaftId, toTerm } from "../ids.ts";
import type { WireReader } from "./wire-reader.ts";
import { bytesFieldBytes, numberFieldBytes, type WireWriter } from "./wire-writer.ts";

/** Entries, membership and snapshot descriptions between the core's form and that of proto/: for network and disk. */

// RaftEntry's fields (proto/swarm/v1/raft.proto), written and read by hand: see wire-writer.ts.
const TERM = 1;
const INDEX = 2;
const KIND = 3;
const DATA = 4;
const NORMAL = 0;
const CONF_CHANGE = 1;

/** What `writeEntry` will write, in bytes. */
export function entryBytes(entry: Entry): number {
  const ids = numberFieldBytes(entry.term) + numberFieldBytes(entry.index);
  return ids + numberFieldBytes(kindOf(entry)) + bytesFieldBytes(dataOf(entry).length);
}

export function writeEntry(writer: WireWriter, entry: Entry): void {
  writer.number(TERM, entry.term);
  writer.number(INDEX, entry.index);
  writer.number(KIND, kindOf(entry));
  writer.data(DATA, dataOf(entry));
}

function kindOf(entry: Entry): number {
  return entry.kind === "normal" ? NORMAL : CONF_CHANGE;
}

function dataOf(entry: Entry): Uint8Array {
  return entry.kind === "normal" ? entry.data : codecs.confChange.encode(fromConfChange(entry.change));
}

const EMPTY = Buffer.alloc(0);

/** @throws SwarmError, InvariantError or Error when a number or the membership change in it makes no sense. */
export function readEntry(reader: WireReader): Entry {
  let term = 0;
  let index = 0;
  let kind = NORMAL;
  let data: Uint8Array = EMPTY;
  while (reader.next()) {
    if (reader.field === TERM) term = reader.number();
    else if (reader.field === INDEX) index = reader.number();
    else if (reader.field === KIND) kind = reader.number();
    else if (reader.field === DATA) data = reader.data();
  }
  const id = { term: toTerm(term), index: toLogIndex(index) };
  if (kind === NORMAL) return { kind: "normal", term: id.term, index: id.index, data };
  invariant(kind === CONF_CHANGE, () => `an entry of the unknown kind ${kind}`);
  return { kind: "confChange", ...id, change: toConfChange(codecs.confChange.decode(data)) };
}

const TRANSITIONS = { auto: "AUTO", jointImplicit: "JOINT_IMPLICIT", jointExplicit: "JOINT_EXPLICIT" } as const;
const OPERATIONS = { addVoter: "ADD_VOTER", remove: "REMOVE", update: "UPDATE", addLearner: "ADD_LEARNER" } as const;

function fromConfChange(change: ConfChange): Sendable<WireConfChange> {
  return {
    transition: TRANSITIONS[change.transition],
    changes: change.operations.map(({ kind, id }) => ({ kind: OPERATIONS[kind], raftId: id })),
    member: change.member,
  };
}

function toConfChange(raw: WireConfChange): ConfChange {
  return {
    transition: keyOf(TRANSITIONS, raw.transition),
    operations: raw.changes.map(
      ({ kind, raftId }): ConfChangeOperation => ({ kind: keyOf(OPERATIONS, kind), id: toRaftId(raftId) }),
    ),
    member: raw.member === null ? null : toMember(raw.member),
  };
}

function keyOf<Key extends string>(table: Readonly<Record<Key, string>>, value: string): Key {
  const found = (Object.keys(table) as Key[]).find((key) => table[key] === value);
  if (found === undefined) throw new SwarmError("invalidArgument", `unknown word ${JSON.stringify(value)} in an entry`);
  return found;
}

export function toMember(raw: WireRaftMember): RaftMember {
  return { raftId: toRaftId(raw.raftId), nodeId: raw.nodeId, address: raw.address };
}

export function fromSnapshotMeta(meta: SnapshotMeta): Sendable<WireSnapshotMeta> {
  const { index, term, confState, members, removed } = meta;
  return { index, term, confState: fromConfState(confState), members: [...members], removed: [...removed] };
}

/** @throws InvariantError when a number makes no sense. */
export function toSnapshotMeta(raw: WireSnapshotMeta): SnapshotMeta {
  return {
    index: toLogIndex(raw.index),
    term: toTerm(raw.term),
    confState: raw.confState === null ? EMPTY_CONF_STATE : toConfState(raw.confState),
    members: raw.members.map(toMember),
    removed: raw.removed.map(toRaftId),
  };
}

function fromConfState(state: ConfState): Sendable<WireConfState> {
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = state;
  return {
    voters: [...voters],
    learners: [...learners],
    votersOutgoing: [...votersOutgoing],
    learnersNext: [...learnersNext],
    autoLeave,
  };
}

function toConfState(raw: WireConfState): ConfState {
  const ids = (list: readonly number[]): RaftId[] => list.map(toRaftId);
  return {
    voters: ids(raw.voters),
    learners: ids(raw.learners),
    votersOutgoing: ids(raw.votersOutgoing),
    learnersNext: ids(raw.learnersNext),
    autoLeave: raw.autoLeave,
  };
}
