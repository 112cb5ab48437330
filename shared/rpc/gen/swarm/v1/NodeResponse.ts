// Original file: proto/swarm/v1/control.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';

export interface NodeResponse {
  'node'?: (_swarm_v1_Node | null);
}

export interface NodeResponse__Output {
  'node': (_swarm_v1_Node__Output | null);
}
