// Original file: proto/swarm/v1/ca.proto

import type { _swarm_v1_NodeSpec_Availability, _swarm_v1_NodeSpec_Availability__Output } from '../../swarm/v1/NodeSpec.ts';

export interface IssueNodeCertificateRequest {
  /**
   * PKCS#10 PEM; only its public key is used.
   */
  'csr'?: (string);
  /**
   * SWMTKN-1-...; "" when renewing.
   */
  'token'?: (string);
  /**
   * For a new node.
   */
  'availability'?: (_swarm_v1_NodeSpec_Availability);
  /**
   * What the host says about itself, so that it can be seen before its first session. Printable, at most 255 characters.
   */
  'hostname'?: (string);
}

export interface IssueNodeCertificateRequest__Output {
  /**
   * PKCS#10 PEM; only its public key is used.
   */
  'csr': (string);
  /**
   * SWMTKN-1-...; "" when renewing.
   */
  'token': (string);
  /**
   * For a new node.
   */
  'availability': (_swarm_v1_NodeSpec_Availability__Output);
  /**
   * What the host says about itself, so that it can be seen before its first session. Printable, at most 255 characters.
   */
  'hostname': (string);
}
