// Original file: proto/swarm/v1/ca.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetRootCertificateRequest as _swarm_v1_GetRootCertificateRequest, GetRootCertificateRequest__Output as _swarm_v1_GetRootCertificateRequest__Output } from '../../swarm/v1/GetRootCertificateRequest.ts';
import type { GetRootCertificateResponse as _swarm_v1_GetRootCertificateResponse, GetRootCertificateResponse__Output as _swarm_v1_GetRootCertificateResponse__Output } from '../../swarm/v1/GetRootCertificateResponse.ts';
import type { IssueNodeCertificateRequest as _swarm_v1_IssueNodeCertificateRequest, IssueNodeCertificateRequest__Output as _swarm_v1_IssueNodeCertificateRequest__Output } from '../../swarm/v1/IssueNodeCertificateRequest.ts';
import type { IssueNodeCertificateResponse as _swarm_v1_IssueNodeCertificateResponse, IssueNodeCertificateResponse__Output as _swarm_v1_IssueNodeCertificateResponse__Output } from '../../swarm/v1/IssueNodeCertificateResponse.ts';

/**
 * Trust. Answered by the leader; other managers pass the call on.
 */
export interface CertificateAuthorityClient extends grpc.Client {
  /**
   * Callable without a certificate: the caller checks the digest in its token against the answer.
   */
  GetRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  GetRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  GetRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  GetRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Callable without a certificate: the caller checks the digest in its token against the answer.
   */
  getRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  getRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  getRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  getRootCertificate(argument: _swarm_v1_GetRootCertificateRequest, callback: grpc.requestCallback<_swarm_v1_GetRootCertificateResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Without a certificate: needs a token, makes the node. With one: renews it, and the role follows the node object.
   */
  IssueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  IssueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  IssueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  IssueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Without a certificate: needs a token, makes the node. With one: renews it, and the role follows the node object.
   */
  issueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  issueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  issueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  issueNodeCertificate(argument: _swarm_v1_IssueNodeCertificateRequest, callback: grpc.requestCallback<_swarm_v1_IssueNodeCertificateResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Trust. Answered by the leader; other managers pass the call on.
 */
export interface CertificateAuthorityHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Callable without a certificate: the caller checks the digest in its token against the answer.
   */
  GetRootCertificate: grpc.handleUnaryCall<_swarm_v1_GetRootCertificateRequest__Output, _swarm_v1_GetRootCertificateResponse>;
  
  /**
   * Without a certificate: needs a token, makes the node. With one: renews it, and the role follows the node object.
   */
  IssueNodeCertificate: grpc.handleUnaryCall<_swarm_v1_IssueNodeCertificateRequest__Output, _swarm_v1_IssueNodeCertificateResponse>;
  
}

export interface CertificateAuthorityDefinition extends grpc.ServiceDefinition {
  GetRootCertificate: MethodDefinition<_swarm_v1_GetRootCertificateRequest, _swarm_v1_GetRootCertificateResponse, _swarm_v1_GetRootCertificateRequest__Output, _swarm_v1_GetRootCertificateResponse__Output>
  IssueNodeCertificate: MethodDefinition<_swarm_v1_IssueNodeCertificateRequest, _swarm_v1_IssueNodeCertificateResponse, _swarm_v1_IssueNodeCertificateRequest__Output, _swarm_v1_IssueNodeCertificateResponse__Output>
}
