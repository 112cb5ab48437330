// Original file: proto/swarm/v1/dispatcher.proto

import type { NodeDescription as _swarm_v1_NodeDescription, NodeDescription__Output as _swarm_v1_NodeDescription__Output } from '../../swarm/v1/NodeDescription.ts';

export interface Register {
  'description'?: (_swarm_v1_NodeDescription | null);
}

export interface Register__Output {
  'description': (_swarm_v1_NodeDescription__Output | null);
}
