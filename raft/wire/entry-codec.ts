import { SwarmError } from "../../shared/errors.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { ConfChange__Output, ConfChange as ConfChangeProto } from "../../shared/rpc/gen/swarm/v1/ConfChange.ts";
import type { ConfState__Output, ConfState as ConfStateProto } from "../../shared/rpc/gen/swarm/v1/ConfState.ts";
import type { RaftEntry, RaftEntry__Output } from "../../shared/rpc/gen/swarm/v1/RaftEntry.ts";
import type { RaftMember__Output } from "../../shared/rpc/gen/swarm/v1/RaftMember.ts";
import type {
  SnapshotMeta__Output,
  SnapshotMeta as SnapshotMetaProto,
} from "../../shared/rpc/gen/swarm/v1/SnapshotMeta.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { ConfChange, ConfChangeOperation, Entry, Proposal } from "../core/entry.ts";
import { toLogIndex, toRaftId, toTerm } from "../core/ids.ts";
import { type ConfState, EMPTY_CONF_STATE, type SnapshotMeta } from "../core/snapshot.ts";
import type { RaftId, RaftMember } from "../raft-handle.ts";

/** Entries, membership and snapshot descriptions between the core's form and that of proto/: for network and disk. */

export function fromEntry(entry: Entry): RaftEntry {
  return { term: entry.term, index: entry.index, ...fromProposal(entry) };
}

/** @throws InvariantError or Error when a number or the membership change in it makes no sense. */
export function toEntry(raw: RaftEntry__Output): Entry {
  return { ...toProposal(raw), term: toTerm(raw.term), index: toLogIndex(raw.index) };
}

export function fromProposal(proposal: Proposal): Pick<RaftEntry, "kind" | "data"> {
  switch (proposal.kind) {
    case "normal":
      return { kind: "NORMAL", data: proposal.data };
    case "confChange":
      return { kind: "CONF_CHANGE", data: codecs.confChange.encode(fromConfChange(proposal.change)) };
    default:
      return unreachable(proposal);
  }
}

export function toProposal(raw: RaftEntry__Output): Proposal {
  switch (raw.kind) {
    case "NORMAL":
      return { kind: "normal", data: raw.data };
    case "CONF_CHANGE":
      return { kind: "confChange", change: toConfChange(codecs.confChange.decode(raw.data)) };
    default:
      return unreachable(raw.kind);
  }
}

export function encodeEntry(entry: Entry): Uint8Array {
  return codecs.raftEntry.encode(fromEntry(entry));
}

/** @throws Error when the bytes are no entry. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return toEntry(codecs.raftEntry.decode(bytes));
}

const TRANSITIONS = { auto: "AUTO", jointImplicit: "JOINT_IMPLICIT", jointExplicit: "JOINT_EXPLICIT" } as const;
const OPERATIONS = { addVoter: "ADD_VOTER", remove: "REMOVE", update: "UPDATE", addLearner: "ADD_LEARNER" } as const;

function fromConfChange(change: ConfChange): ConfChangeProto {
  return {
    transition: TRANSITIONS[change.transition],
    changes: change.operations.map(({ kind, id }) => ({ kind: OPERATIONS[kind], raftId: id })),
    member: change.member,
  };
}

function toConfChange(raw: ConfChange__Output): ConfChange {
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

export function toMember(raw: RaftMember__Output): RaftMember {
  return { raftId: toRaftId(raw.raftId), nodeId: raw.nodeId, address: raw.address };
}

export function fromSnapshotMeta(meta: SnapshotMeta): SnapshotMetaProto {
  const { index, term, confState, members, removed } = meta;
  return { index, term, confState: fromConfState(confState), members: [...members], removed: [...removed] };
}

/** @throws InvariantError when a number makes no sense. */
export function toSnapshotMeta(raw: SnapshotMeta__Output): SnapshotMeta {
  return {
    index: toLogIndex(raw.index),
    term: toTerm(raw.term),
    confState: raw.confState === null ? EMPTY_CONF_STATE : toConfState(raw.confState),
    members: raw.members.map(toMember),
    removed: raw.removed.map(toRaftId),
  };
}

function fromConfState(state: ConfState): ConfStateProto {
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = state;
  return {
    voters: [...voters],
    learners: [...learners],
    votersOutgoing: [...votersOutgoing],
    learnersNext: [...learnersNext],
    autoLeave,
  };
}

function toConfState(raw: ConfState__Output): ConfState {
  const ids = (list: readonly number[]): RaftId[] => list.map(toRaftId);
  return {
    voters: ids(raw.voters),
    learners: ids(raw.learners),
    votersOutgoing: ids(raw.votersOutgoing),
    learnersNext: ids(raw.learnersNext),
    autoLeave: raw.autoLeave,
  };
}
