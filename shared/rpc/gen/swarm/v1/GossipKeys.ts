// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What hosts encrypt their gossip with. Never leaves managers and workers of the cluster.
 */
export interface GossipKeys {
  /**
   * Three of 32 bytes, oldest first: hosts read with all of them and send with the middle one. Empty where they are blanked.
   */
  'keys'?: (Buffer | Uint8Array | string)[];
  /**
   * Rises by one with every rotation; 1 = the first three.
   */
  'generation'?: (number | string | Long);
  /**
   * When they were last rotated, by the leader's clock.
   */
  'rotatedAtMs'?: (number | string | Long);
}

/**
 * What hosts encrypt their gossip with. Never leaves managers and workers of the cluster.
 */
export interface GossipKeys__Output {
  /**
   * Three of 32 bytes, oldest first: hosts read with all of them and send with the middle one. Empty where they are blanked.
   */
  'keys': (Buffer)[];
  /**
   * Rises by one with every rotation; 1 = the first three.
   */
  'generation': (number);
  /**
   * When they were last rotated, by the leader's clock.
   */
  'rotatedAtMs': (number);
}
