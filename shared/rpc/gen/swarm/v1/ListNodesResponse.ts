// Original file: proto/swarm/v1/control.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';

export interface ListNodesResponse {
  'nodes'?: (_swarm_v1_Node)[];
}

export interface ListNodesResponse__Output {
  'nodes': (_swarm_v1_Node__Output)[];
}
