// Made from proto/swarm/v1/raft.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";

/** Between managers only. What the messages mean: docs/raft.md. */
export interface RaftMethods {
  /** One stream for each peer and direction; a frame carries everything the sender had for the peer at that turn. */
  readonly messages: RpcMethod<"bidi", RaftFrame, RaftFrameAck>;
  /** A snapshot in chunks, on a stream of its own so that heartbeats never wait behind it. */
  readonly installSnapshot: RpcMethod<"clientStream", SnapshotChunk, SnapshotInstalled>;
  /** How much of a snapshot the receiver has from a stream that broke off: the next stream begins there. */
  readonly snapshotProgress: RpcMethod<"unary", SnapshotProgressRequest, SnapshotProgressResponse>;
  /**
   * A manager with a certificate asks to become a voter; the leader first dials its address back. The answer comes once
   * it is a learner; it becomes a voter automatically when it has caught up. A manager that does not lead refuses with
   * FAILED_PRECONDITION and, in the metadata key `swarm-detail`, the leader's address (as the Dispatcher service does).
   */
  readonly joinGroup: RpcMethod<"unary", JoinGroupRequest, JoinGroupResponse>;
}

/** Members, by their id in the Raft group. */
export interface RaftMember {
  /** Assigned by the leader when it joined; never used again once the member is removed. */
  readonly raftId: number;
  /** The manager's node; it has a new raft id each time it joins. */
  readonly nodeId: string;
  /** HOST:PORT. */
  readonly address: string;
}

/** From a node that has become a manager. */
export interface JoinGroupRequest {
  /** HOST:PORT where the new member listens. */
  readonly address: string;
}

/** The node is a member. */
export interface JoinGroupResponse {
  /** The newcomer's id in the group. */
  readonly raftId: number;
  /** Everyone in the group, including the newcomer. */
  readonly members: readonly RaftMember[];
  /** The group's era, see RaftFrame. */
  readonly era: number;
}

/** One message between two members, with what the transport needs to deliver it. */
export interface RaftFrame {
  /** The sender's raft id. */
  readonly from: number;
  /** The receiver's raft id; a frame for another id is refused. */
  readonly to: number;
  /** Cluster id; a frame of another cluster is refused. */
  readonly clusterId: string;
  /** In order. */
  readonly messages: readonly RaftMessage[];
  /** HOST:PORT where the sender listens: the receiver may not know it yet, and answers go there. */
  readonly address: string;
  /** The receiver was removed from the group; nothing follows. */
  readonly removed: boolean;
  /**
   * How many times the group was made anew by one of its managers alone (swarm init --force-new-cluster). Members of
   * different eras do not listen to each other: the one of the earlier era is out.
   */
  readonly era: number;
  /**
   * Where the sender reaches the members: two that have moved can find each other only by one that hears both. On a
   * stream's first frame, and again when it is news.
   */
  readonly members: readonly RaftMember[];
}

/** Sent once, before the receiver ends the stream; an accepted frame is not acknowledged. */
export interface RaftFrameAck {
  /** Why the frame was refused; NONE when the stream simply ends. */
  readonly refusal: RaftFrameAckRefusal;
}

/** Why a member did not take a message. */
export type RaftFrameAckRefusal =
  | "NONE"
  /** Of another cluster. */
  | "OTHER_CLUSTER"
  /** For another raft id than the receiver's. */
  | "OTHER_MEMBER"
  /** The sender was removed from the group; its id is never used again. */
  | "REMOVED"
  /** The certificate is not that of the member the frame claims to be from. */
  | "NOT_THE_SENDER"
  /** The sender is of an earlier era: the group was made anew without it. */
  | "OUTDATED"
  /** The receiver is of an earlier era, and out. */
  | "BEHIND";

/** Kinds and fields as in raft/core/message.ts; fields a kind does not use keep their default. */
export interface RaftMessage {
  /** As in raft/core/message.ts: appendEntries, heartbeat, ... */
  readonly kind: string;
  /** The sender's raft id. */
  readonly from: number;
  /** The receiver's raft id. */
  readonly to: number;
  /** The sender's term; in a pre-vote request, the term it would begin; 0 in propose and readIndex. */
  readonly term: number;
  /** Term at `index` (requests), or of the hint (rejections). */
  readonly logTerm: number;
  /** The entry before `entries`, the candidate's last one, how far a log matches, or what a read must have applied. */
  readonly index: number;
  /** The sender's commit index, or what the receiver may take as committed. */
  readonly commit: number;
  /** A vote is refused; an append did not match. */
  readonly reject: boolean;
  /** In a rejected append: the greatest index where the logs may still match. */
  readonly rejectHint: number;
  /** To be appended, in order; or proposals, whose term and index are 0. */
  readonly entries: readonly RaftEntry[];
  /** Why a candidate stands: timeout, transfer, leaderGone. */
  readonly reason: string;
  /** A read's token or number; 0 = none. */
  readonly token: number;
  /** Term at `commit`, in vote requests and their answers. */
  readonly commitTerm: number;
}

/** One entry of the log. */
export interface RaftEntry {
  /** The term of the leader that made it. */
  readonly term: number;
  /** Its place in the log, from 1 on without gaps. */
  readonly index: number;
  /** What `data` is. */
  readonly kind: RaftEntryKind;
  /** What was proposed; empty in a leader's first entry of its term. */
  readonly data: Buffer;
}

/** What an entry carries. */
export type RaftEntryKind =
  | "NORMAL"
  /** `data` is a ConfChange. */
  | "CONF_CHANGE";

/** Who takes part in the group. */
export interface ConfState {
  /** Raft ids that vote. In a joint configuration: of the new half. */
  readonly voters: readonly number[];
  /** Raft ids that are sent the log and do not vote. */
  readonly learners: readonly number[];
  /** In a joint configuration: the voters of the old half. Otherwise empty. */
  readonly votersOutgoing: readonly number[];
  /** In a joint configuration: voters of the old half that become learners when it ends. */
  readonly learnersNext: readonly number[];
  /** In a joint configuration: the leader ends it by itself. */
  readonly autoLeave: boolean;
}

/** What a configuration change entry carries. */
export interface ConfChange {
  /** Whether it goes through a joint configuration; AUTO does if there are several changes. */
  readonly transition: ConfChangeTransition;
  /** Made together. None = the joint configuration ends. */
  readonly changes: readonly ConfChangeSingle[];
  /** The member being added, so that everyone learns its address. */
  readonly member: RaftMember | null;
}

/** How a joint configuration is left. */
export type ConfChangeTransition =
  | "AUTO"
  | "JOINT_IMPLICIT"
  | "JOINT_EXPLICIT";

/** One step of a change of membership. */
export interface ConfChangeSingle {
  /** What happens to the member. */
  readonly kind: ConfChangeSingleKind;
  /** The member concerned. */
  readonly raftId: number;
}

/** What becomes of the member. */
export type ConfChangeSingleKind =
  | "ADD_VOTER"
  | "REMOVE"
  | "UPDATE"
  | "ADD_LEARNER";

/** Up to where a snapshot goes, and who took part then. */
export interface SnapshotMeta {
  /** The last entry the snapshot contains. */
  readonly index: number;
  /** The term of that entry. */
  readonly term: number;
  /** Voters and learners, as of `index`. */
  readonly confState: ConfState | null;
  /** Everyone in the group as of `index`, with addresses. */
  readonly members: readonly RaftMember[];
  /** Ids that left the group; never used again. */
  readonly removed: readonly number[];
}

/** A piece of a snapshot. */
export interface SnapshotChunk {
  /** The sender's raft id. */
  readonly from: number;
  /** The receiver's raft id; a chunk for another id is refused. */
  readonly to: number;
  /** The sender's cluster; a chunk of another cluster is refused. */
  readonly clusterId: string;
  /** Sender's term. */
  readonly term: number;
  /** On the first chunk only. */
  readonly meta: SnapshotMeta | null;
  /** At most 1 MiB. */
  readonly data: Buffer;
  /** The snapshot is complete with this chunk. */
  readonly last: boolean;
  /** HOST:PORT where the sender listens. On the first chunk only. */
  readonly address: string;
  /** Where `data` begins: what the receiver said it has. On the first chunk only. */
  readonly offset: number;
  /** Of the whole snapshot. On the first chunk only. */
  readonly bytes: number;
  /** The sender's era, see RaftFrame. On the first chunk only. */
  readonly era: number;
}

/** The snapshot is in place. */
export type SnapshotInstalled = Readonly<Record<string, never>>;

/** Asks how far a transfer has come. */
export interface SnapshotProgressRequest {
  /** The sender's raft id. */
  readonly from: number;
  /** The receiver's raft id. */
  readonly to: number;
  /** The sender's cluster. */
  readonly clusterId: string;
  /** The last entry the snapshot contains. */
  readonly index: number;
  /** The term of the entry at `index`. */
  readonly term: number;
  /** The length of the whole snapshot. */
  readonly bytes: number;
  /** The sender's era, see RaftFrame. */
  readonly era: number;
}

/** How far it has come. */
export interface SnapshotProgressResponse {
  /** How much of exactly this snapshot the receiver has; 0 = nothing. */
  readonly receivedBytes: number;
}
