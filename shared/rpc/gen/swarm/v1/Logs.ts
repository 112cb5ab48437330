// Original file: proto/swarm/v1/logs.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { SubscribeLogsRequest as _swarm_v1_SubscribeLogsRequest, SubscribeLogsRequest__Output as _swarm_v1_SubscribeLogsRequest__Output } from '../../swarm/v1/SubscribeLogsRequest.ts';
import type { SubscribeLogsResponse as _swarm_v1_SubscribeLogsResponse, SubscribeLogsResponse__Output as _swarm_v1_SubscribeLogsResponse__Output } from '../../swarm/v1/SubscribeLogsResponse.ts';

/**
 * Logs of services and tasks for people; passed to the leader, which gathers them from the workers.
 */
export interface LogsClient extends grpc.Client {
  Subscribe(argument: _swarm_v1_SubscribeLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_SubscribeLogsResponse__Output>;
  Subscribe(argument: _swarm_v1_SubscribeLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_SubscribeLogsResponse__Output>;
  subscribe(argument: _swarm_v1_SubscribeLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_SubscribeLogsResponse__Output>;
  subscribe(argument: _swarm_v1_SubscribeLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_SubscribeLogsResponse__Output>;
  
}

/**
 * Logs of services and tasks for people; passed to the leader, which gathers them from the workers.
 */
export interface LogsHandlers extends grpc.UntypedServiceImplementation {
  Subscribe: grpc.handleServerStreamingCall<_swarm_v1_SubscribeLogsRequest__Output, _swarm_v1_SubscribeLogsResponse>;
  
}

export interface LogsDefinition extends grpc.ServiceDefinition {
  Subscribe: MethodDefinition<_swarm_v1_SubscribeLogsRequest, _swarm_v1_SubscribeLogsResponse, _swarm_v1_SubscribeLogsRequest__Output, _swarm_v1_SubscribeLogsResponse__Output>
}
