// Made from proto/swarm/v1/raft.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";

/** Between managers only. The consensus messages themselves are in raft/transport's hands; see raft/README.md. */
export interface RaftMethods {
  /** One stream for each peer and direction; a frame carries everything the sender had for the peer at that turn. */
  readonly messages: RpcMethod<"bidi", RaftFrame, RaftFrameAck>;
  /** A snapshot in chunks, on a stream of its own so that heartbeats never wait behind it. */
  readonly installSnapshot: RpcMethod<"clientStream", SnapshotChunk, SnapshotInstalled>;
  /** How much of a snapshot the receiver has from a stream that broke off: the next one begins there. */
  readonly snapshotProgress: RpcMethod<"unary", SnapshotProgressRequest, SnapshotProgressResponse>;
  /**
   * A manager with a certificate asks to become a voter; the leader dials its address back first. The answer comes once
   * it is a learner; it becomes a voter by itself when it has caught up. A manager that does not lead refuses with
   * FAILED_PRECONDITION and, in the metadata key `swarm-detail`, the leader's address (as the Dispatcher service does).
   */
  readonly joinGroup: RpcMethod<"unary", JoinGroupRequest, JoinGroupResponse>;
}

/** Members, by their id in the Raft group. */
export interface RaftMember {
  readonly raftId: number;
  readonly nodeId: string;
  /** HOST:PORT. */
  readonly address: string;
}

export interface JoinGroupRequest {
  /** HOST:PORT where the new member listens. */
  readonly address: string;
}

export interface JoinGroupResponse {
  readonly raftId: number;
  readonly members: readonly RaftMember[];
}

export interface RaftFrame {
  /** Sender's and receiver's raft ids; a frame for another id is refused. */
  readonly from: number;
  readonly to: number;
  /** Cluster id; a frame of another cluster is refused. */
  readonly clusterId: string;
  /** In order. */
  readonly messages: readonly RaftMessage[];
  /** HOST:PORT where the sender listens: the receiver may not know it yet, and answers go there. */
  readonly address: string;
  /** The receiver was removed from the group; nothing follows. */
  readonly removed: boolean;
}

/** Sent once, before the receiver ends the stream; a frame that is taken is not acknowledged. */
export interface RaftFrameAck {
  readonly refusal: RaftFrameAckRefusal;
}

export type RaftFrameAckRefusal =
  | "NONE"
  /** Of another cluster. */
  | "OTHER_CLUSTER"
  /** For another raft id than the receiver's. */
  | "OTHER_MEMBER"
  /** The sender was removed from the group; its id is never used again. */
  | "REMOVED"
  /** The certificate is not that of the member the frame claims to be from. */
  | "NOT_THE_SENDER";

/** Kinds and fields as in raft/core/message.ts; fields a kind does not use keep their default. */
export interface RaftMessage {
  /** As in raft/core/message.ts: appendEntries, heartbeat, ... */
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly term: number;
  /** Term at `index` (requests), or of the hint (rejections). */
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  /** A vote is refused; an append did not match. */
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly entries: readonly RaftEntry[];
  /** Why a candidate stands: timeout, transfer, leaderGone. */
  readonly reason: string;
  /** A read's token or number; 0 = none. */
  readonly token: number;
  /** Term at `commit`, where votes are asked for or answered. */
  readonly commitTerm: number;
}

export interface RaftEntry {
  readonly term: number;
  readonly index: number;
  readonly kind: RaftEntryKind;
  readonly data: Buffer;
}

export type RaftEntryKind =
  | "NORMAL"
  /** `data` is a ConfChange. */
  | "CONF_CHANGE";

export interface ConfState {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean;
}

/** What a configuration change entry carries. */
export interface ConfChange {
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  /** The member being added, so that everyone learns its address. */
  readonly member: RaftMember | null;
}

export type ConfChangeTransition =
  | "AUTO"
  | "JOINT_IMPLICIT"
  | "JOINT_EXPLICIT";

export interface ConfChangeSingle {
  readonly kind: ConfChangeSingleKind;
  readonly raftId: number;
}

export type ConfChangeSingleKind =
  | "ADD_VOTER"
  | "REMOVE"
  | "UPDATE"
  | "ADD_LEARNER";

export interface SnapshotMeta {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState | null;
  readonly members: readonly RaftMember[];
  /** Ids that left the group; never used again. */
  readonly removed: readonly number[];
}

export interface SnapshotChunk {
  readonly from: number;
  readonly to: number;
  readonly clusterId: string;
  /** Sender's term. */
  readonly term: number;
  /** On the first chunk only. */
  readonly meta: SnapshotMeta | null;
  /** At most 1 MiB. */
  readonly data: Buffer;
  readonly last: boolean;
  /** HOST:PORT where the sender listens. On the first chunk only. */
  readonly address: string;
  /** Where `data` begins: what the receiver said it has. On the first chunk only. */
  readonly offset: number;
  /** Of the whole snapshot. On the first chunk only. */
  readonly bytes: number;
}

export type SnapshotInstalled = Readonly<Record<string, never>>;

export interface SnapshotProgressRequest {
  readonly from: number;
  readonly to: number;
  readonly clusterId: string;
  /** Which snapshot, and how long it is. */
  readonly index: number;
  readonly term: number;
  readonly bytes: number;
}

export interface SnapshotProgressResponse {
  readonly receivedBytes: number;
}
