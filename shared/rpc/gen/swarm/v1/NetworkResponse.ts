// Original file: proto/swarm/v1/control.proto

import type { Network as _swarm_v1_Network, Network__Output as _swarm_v1_Network__Output } from '../../swarm/v1/Network.ts';

export interface NetworkResponse {
  'network'?: (_swarm_v1_Network | null);
}

export interface NetworkResponse__Output {
  'network': (_swarm_v1_Network__Output | null);
}
