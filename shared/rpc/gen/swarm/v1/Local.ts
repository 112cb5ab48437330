// Original file: proto/swarm/v1/local.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { InfoRequest as _swarm_v1_InfoRequest, InfoRequest__Output as _swarm_v1_InfoRequest__Output } from '../../swarm/v1/InfoRequest.ts';
import type { InfoResponse as _swarm_v1_InfoResponse, InfoResponse__Output as _swarm_v1_InfoResponse__Output } from '../../swarm/v1/InfoResponse.ts';
import type { InitRequest as _swarm_v1_InitRequest, InitRequest__Output as _swarm_v1_InitRequest__Output } from '../../swarm/v1/InitRequest.ts';
import type { InitResponse as _swarm_v1_InitResponse, InitResponse__Output as _swarm_v1_InitResponse__Output } from '../../swarm/v1/InitResponse.ts';
import type { JoinRequest as _swarm_v1_JoinRequest, JoinRequest__Output as _swarm_v1_JoinRequest__Output } from '../../swarm/v1/JoinRequest.ts';
import type { JoinResponse as _swarm_v1_JoinResponse, JoinResponse__Output as _swarm_v1_JoinResponse__Output } from '../../swarm/v1/JoinResponse.ts';
import type { LeaveRequest as _swarm_v1_LeaveRequest, LeaveRequest__Output as _swarm_v1_LeaveRequest__Output } from '../../swarm/v1/LeaveRequest.ts';
import type { LeaveResponse as _swarm_v1_LeaveResponse, LeaveResponse__Output as _swarm_v1_LeaveResponse__Output } from '../../swarm/v1/LeaveResponse.ts';

/**
 * Life of one host, on its local socket only: works in or out of a swarm.
 */
export interface LocalClient extends grpc.Client {
  Info(argument: _swarm_v1_InfoRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  Info(argument: _swarm_v1_InfoRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  Info(argument: _swarm_v1_InfoRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  Info(argument: _swarm_v1_InfoRequest, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  info(argument: _swarm_v1_InfoRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  info(argument: _swarm_v1_InfoRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  info(argument: _swarm_v1_InfoRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  info(argument: _swarm_v1_InfoRequest, callback: grpc.requestCallback<_swarm_v1_InfoResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Makes a new cluster of this one manager.
   */
  Init(argument: _swarm_v1_InitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  Init(argument: _swarm_v1_InitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  Init(argument: _swarm_v1_InitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  Init(argument: _swarm_v1_InitRequest, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a new cluster of this one manager.
   */
  init(argument: _swarm_v1_InitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  init(argument: _swarm_v1_InitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  init(argument: _swarm_v1_InitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  init(argument: _swarm_v1_InitRequest, callback: grpc.requestCallback<_swarm_v1_InitResponse__Output>): grpc.ClientUnaryCall;
  
  Join(argument: _swarm_v1_JoinRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _swarm_v1_JoinRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _swarm_v1_JoinRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _swarm_v1_JoinRequest, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _swarm_v1_JoinRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _swarm_v1_JoinRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _swarm_v1_JoinRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _swarm_v1_JoinRequest, callback: grpc.requestCallback<_swarm_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Stops this host's tasks and forgets the cluster.
   */
  Leave(argument: _swarm_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _swarm_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _swarm_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _swarm_v1_LeaveRequest, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Stops this host's tasks and forgets the cluster.
   */
  leave(argument: _swarm_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _swarm_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _swarm_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _swarm_v1_LeaveRequest, callback: grpc.requestCallback<_swarm_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Life of one host, on its local socket only: works in or out of a swarm.
 */
export interface LocalHandlers extends grpc.UntypedServiceImplementation {
  Info: grpc.handleUnaryCall<_swarm_v1_InfoRequest__Output, _swarm_v1_InfoResponse>;
  
  /**
   * Makes a new cluster of this one manager.
   */
  Init: grpc.handleUnaryCall<_swarm_v1_InitRequest__Output, _swarm_v1_InitResponse>;
  
  Join: grpc.handleUnaryCall<_swarm_v1_JoinRequest__Output, _swarm_v1_JoinResponse>;
  
  /**
   * Stops this host's tasks and forgets the cluster.
   */
  Leave: grpc.handleUnaryCall<_swarm_v1_LeaveRequest__Output, _swarm_v1_LeaveResponse>;
  
}

export interface LocalDefinition extends grpc.ServiceDefinition {
  Info: MethodDefinition<_swarm_v1_InfoRequest, _swarm_v1_InfoResponse, _swarm_v1_InfoRequest__Output, _swarm_v1_InfoResponse__Output>
  Init: MethodDefinition<_swarm_v1_InitRequest, _swarm_v1_InitResponse, _swarm_v1_InitRequest__Output, _swarm_v1_InitResponse__Output>
  Join: MethodDefinition<_swarm_v1_JoinRequest, _swarm_v1_JoinResponse, _swarm_v1_JoinRequest__Output, _swarm_v1_JoinResponse__Output>
  Leave: MethodDefinition<_swarm_v1_LeaveRequest, _swarm_v1_LeaveResponse, _swarm_v1_LeaveRequest__Output, _swarm_v1_LeaveResponse__Output>
}
