// Original file: proto/swarm/v1/ca.proto

import type { NodeRole as _swarm_v1_NodeRole, NodeRole__Output as _swarm_v1_NodeRole__Output } from '../../swarm/v1/NodeRole.ts';

export interface IssueNodeCertificateResponse {
  'nodeId'?: (string);
  /**
   * PEM of the node's certificate.
   */
  'certificate'?: (string);
  'clusterId'?: (string);
  'role'?: (_swarm_v1_NodeRole);
}

export interface IssueNodeCertificateResponse__Output {
  'nodeId': (string);
  /**
   * PEM of the node's certificate.
   */
  'certificate': (string);
  'clusterId': (string);
  'role': (_swarm_v1_NodeRole__Output);
}
