// Original file: proto/swarm/v1/raft.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { JoinGroupRequest as _swarm_v1_JoinGroupRequest, JoinGroupRequest__Output as _swarm_v1_JoinGroupRequest__Output } from '../../swarm/v1/JoinGroupRequest.ts';
import type { JoinGroupResponse as _swarm_v1_JoinGroupResponse, JoinGroupResponse__Output as _swarm_v1_JoinGroupResponse__Output } from '../../swarm/v1/JoinGroupResponse.ts';
import type { RaftFrame as _swarm_v1_RaftFrame, RaftFrame__Output as _swarm_v1_RaftFrame__Output } from '../../swarm/v1/RaftFrame.ts';
import type { RaftFrameAck as _swarm_v1_RaftFrameAck, RaftFrameAck__Output as _swarm_v1_RaftFrameAck__Output } from '../../swarm/v1/RaftFrameAck.ts';
import type { SnapshotChunk as _swarm_v1_SnapshotChunk, SnapshotChunk__Output as _swarm_v1_SnapshotChunk__Output } from '../../swarm/v1/SnapshotChunk.ts';
import type { SnapshotInstalled as _swarm_v1_SnapshotInstalled, SnapshotInstalled__Output as _swarm_v1_SnapshotInstalled__Output } from '../../swarm/v1/SnapshotInstalled.ts';
import type { SnapshotProgressRequest as _swarm_v1_SnapshotProgressRequest, SnapshotProgressRequest__Output as _swarm_v1_SnapshotProgressRequest__Output } from '../../swarm/v1/SnapshotProgressRequest.ts';
import type { SnapshotProgressResponse as _swarm_v1_SnapshotProgressResponse, SnapshotProgressResponse__Output as _swarm_v1_SnapshotProgressResponse__Output } from '../../swarm/v1/SnapshotProgressResponse.ts';

/**
 * Between managers only. The consensus messages themselves are in raft/transport's hands; see raft/README.md.
 */
export interface RaftClient extends grpc.Client {
  /**
   * A snapshot in chunks, on a stream of its own so that heartbeats never wait behind it.
   */
  InstallSnapshot(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  InstallSnapshot(metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  InstallSnapshot(options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  InstallSnapshot(callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  /**
   * A snapshot in chunks, on a stream of its own so that heartbeats never wait behind it.
   */
  installSnapshot(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  installSnapshot(metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  installSnapshot(options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  installSnapshot(callback: grpc.requestCallback<_swarm_v1_SnapshotInstalled__Output>): grpc.ClientWritableStream<_swarm_v1_SnapshotChunk>;
  
  /**
   * A manager with a certificate asks to become a voter; the leader dials its address back first. The answer comes once
   * it is a learner; it becomes a voter by itself when it has caught up. A manager that does not lead refuses with
   * FAILED_PRECONDITION and, in the metadata key `swarm-leader`, the leader's address.
   */
  JoinGroup(argument: _swarm_v1_JoinGroupRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  JoinGroup(argument: _swarm_v1_JoinGroupRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  JoinGroup(argument: _swarm_v1_JoinGroupRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  JoinGroup(argument: _swarm_v1_JoinGroupRequest, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  /**
   * A manager with a certificate asks to become a voter; the leader dials its address back first. The answer comes once
   * it is a learner; it becomes a voter by itself when it has caught up. A manager that does not lead refuses with
   * FAILED_PRECONDITION and, in the metadata key `swarm-leader`, the leader's address.
   */
  joinGroup(argument: _swarm_v1_JoinGroupRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  joinGroup(argument: _swarm_v1_JoinGroupRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  joinGroup(argument: _swarm_v1_JoinGroupRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  joinGroup(argument: _swarm_v1_JoinGroupRequest, callback: grpc.requestCallback<_swarm_v1_JoinGroupResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * One stream for each peer and direction; a frame carries everything the sender had for the peer at that turn.
   */
  Messages(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_RaftFrame, _swarm_v1_RaftFrameAck__Output>;
  Messages(options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_RaftFrame, _swarm_v1_RaftFrameAck__Output>;
  /**
   * One stream for each peer and direction; a frame carries everything the sender had for the peer at that turn.
   */
  messages(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_RaftFrame, _swarm_v1_RaftFrameAck__Output>;
  messages(options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_RaftFrame, _swarm_v1_RaftFrameAck__Output>;
  
  /**
   * How much of a snapshot the receiver has from a stream that broke off: the next one begins there.
   */
  SnapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  SnapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  SnapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  SnapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  /**
   * How much of a snapshot the receiver has from a stream that broke off: the next one begins there.
   */
  snapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  snapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  snapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  snapshotProgress(argument: _swarm_v1_SnapshotProgressRequest, callback: grpc.requestCallback<_swarm_v1_SnapshotProgressResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Between managers only. The consensus messages themselves are in raft/transport's hands; see raft/README.md.
 */
export interface RaftHandlers extends grpc.UntypedServiceImplementation {
  /**
   * A snapshot in chunks, on a stream of its own so that heartbeats never wait behind it.
   */
  InstallSnapshot: grpc.handleClientStreamingCall<_swarm_v1_SnapshotChunk__Output, _swarm_v1_SnapshotInstalled>;
  
  /**
   * A manager with a certificate asks to become a voter; the leader dials its address back first. The answer comes once
   * it is a learner; it becomes a voter by itself when it has caught up. A manager that does not lead refuses with
   * FAILED_PRECONDITION and, in the metadata key `swarm-leader`, the leader's address.
   */
  JoinGroup: grpc.handleUnaryCall<_swarm_v1_JoinGroupRequest__Output, _swarm_v1_JoinGroupResponse>;
  
  /**
   * One stream for each peer and direction; a frame carries everything the sender had for the peer at that turn.
   */
  Messages: grpc.handleBidiStreamingCall<_swarm_v1_RaftFrame__Output, _swarm_v1_RaftFrameAck>;
  
  /**
   * How much of a snapshot the receiver has from a stream that broke off: the next one begins there.
   */
  SnapshotProgress: grpc.handleUnaryCall<_swarm_v1_SnapshotProgressRequest__Output, _swarm_v1_SnapshotProgressResponse>;
  
}

export interface RaftDefinition extends grpc.ServiceDefinition {
  InstallSnapshot: MethodDefinition<_swarm_v1_SnapshotChunk, _swarm_v1_SnapshotInstalled, _swarm_v1_SnapshotChunk__Output, _swarm_v1_SnapshotInstalled__Output>
  JoinGroup: MethodDefinition<_swarm_v1_JoinGroupRequest, _swarm_v1_JoinGroupResponse, _swarm_v1_JoinGroupRequest__Output, _swarm_v1_JoinGroupResponse__Output>
  Messages: MethodDefinition<_swarm_v1_RaftFrame, _swarm_v1_RaftFrameAck, _swarm_v1_RaftFrame__Output, _swarm_v1_RaftFrameAck__Output>
  SnapshotProgress: MethodDefinition<_swarm_v1_SnapshotProgressRequest, _swarm_v1_SnapshotProgressResponse, _swarm_v1_SnapshotProgressRequest__Output, _swarm_v1_SnapshotProgressResponse__Output>
}
