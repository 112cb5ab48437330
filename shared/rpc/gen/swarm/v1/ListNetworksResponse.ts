// Original file: proto/swarm/v1/control.proto

import type { Network as _swarm_v1_Network, Network__Output as _swarm_v1_Network__Output } from '../../swarm/v1/Network.ts';

export interface ListNetworksResponse {
  'networks'?: (_swarm_v1_Network)[];
}

export interface ListNetworksResponse__Output {
  'networks': (_swarm_v1_Network__Output)[];
}
