// Original file: proto/swarm/v1/dispatcher.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ManagerMessage as _swarm_v1_ManagerMessage, ManagerMessage__Output as _swarm_v1_ManagerMessage__Output } from '../../swarm/v1/ManagerMessage.ts';
import type { PublishLogsRequest as _swarm_v1_PublishLogsRequest, PublishLogsRequest__Output as _swarm_v1_PublishLogsRequest__Output } from '../../swarm/v1/PublishLogsRequest.ts';
import type { PublishLogsResponse as _swarm_v1_PublishLogsResponse, PublishLogsResponse__Output as _swarm_v1_PublishLogsResponse__Output } from '../../swarm/v1/PublishLogsResponse.ts';
import type { WorkerMessage as _swarm_v1_WorkerMessage, WorkerMessage__Output as _swarm_v1_WorkerMessage__Output } from '../../swarm/v1/WorkerMessage.ts';

/**
 * Between the leader and every host's worker. A manager that does not lead refuses with FAILED_PRECONDITION and, in
 * the metadata key `swarm-leader`, the leader's address.
 */
export interface DispatcherClient extends grpc.Client {
  /**
   * The worker's answer to a log subscription; ends when the logs end or the manager closes it.
   */
  PublishLogs(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  PublishLogs(metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  PublishLogs(options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  PublishLogs(callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  /**
   * The worker's answer to a log subscription; ends when the logs end or the manager closes it.
   */
  publishLogs(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  publishLogs(metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  publishLogs(options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  publishLogs(callback: grpc.requestCallback<_swarm_v1_PublishLogsResponse__Output>): grpc.ClientWritableStream<_swarm_v1_PublishLogsRequest>;
  
  /**
   * One stream for each worker. The worker registers first; the leader answers with `registered`, then one full set
   * of assignments, then deltas. A second stream of the same node ends the first.
   */
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_WorkerMessage, _swarm_v1_ManagerMessage__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_WorkerMessage, _swarm_v1_ManagerMessage__Output>;
  /**
   * One stream for each worker. The worker registers first; the leader answers with `registered`, then one full set
   * of assignments, then deltas. A second stream of the same node ends the first.
   */
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_WorkerMessage, _swarm_v1_ManagerMessage__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_swarm_v1_WorkerMessage, _swarm_v1_ManagerMessage__Output>;
  
}

/**
 * Between the leader and every host's worker. A manager that does not lead refuses with FAILED_PRECONDITION and, in
 * the metadata key `swarm-leader`, the leader's address.
 */
export interface DispatcherHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The worker's answer to a log subscription; ends when the logs end or the manager closes it.
   */
  PublishLogs: grpc.handleClientStreamingCall<_swarm_v1_PublishLogsRequest__Output, _swarm_v1_PublishLogsResponse>;
  
  /**
   * One stream for each worker. The worker registers first; the leader answers with `registered`, then one full set
   * of assignments, then deltas. A second stream of the same node ends the first.
   */
  Session: grpc.handleBidiStreamingCall<_swarm_v1_WorkerMessage__Output, _swarm_v1_ManagerMessage>;
  
}

export interface DispatcherDefinition extends grpc.ServiceDefinition {
  PublishLogs: MethodDefinition<_swarm_v1_PublishLogsRequest, _swarm_v1_PublishLogsResponse, _swarm_v1_PublishLogsRequest__Output, _swarm_v1_PublishLogsResponse__Output>
  Session: MethodDefinition<_swarm_v1_WorkerMessage, _swarm_v1_ManagerMessage, _swarm_v1_WorkerMessage__Output, _swarm_v1_ManagerMessage__Output>
}
