// Original file: proto/swarm/v1/local.proto

import type { NodeRole as _swarm_v1_NodeRole, NodeRole__Output as _swarm_v1_NodeRole__Output } from '../../swarm/v1/NodeRole.ts';

export interface JoinResponse {
  'nodeId'?: (string);
  'role'?: (_swarm_v1_NodeRole);
}

export interface JoinResponse__Output {
  'nodeId': (string);
  'role': (_swarm_v1_NodeRole__Output);
}
