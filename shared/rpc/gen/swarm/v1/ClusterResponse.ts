// Original file: proto/swarm/v1/control.proto

import type { Cluster as _swarm_v1_Cluster, Cluster__Output as _swarm_v1_Cluster__Output } from '../../swarm/v1/Cluster.ts';

export interface ClusterResponse {
  /**
   * The CA key and the gossip keys are blanked.
   */
  'cluster'?: (_swarm_v1_Cluster | null);
}

export interface ClusterResponse__Output {
  /**
   * The CA key and the gossip keys are blanked.
   */
  'cluster': (_swarm_v1_Cluster__Output | null);
}
