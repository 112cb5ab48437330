// Original file: proto/swarm/v1/objects.proto

import type { StoreAction as _swarm_v1_StoreAction, StoreAction__Output as _swarm_v1_StoreAction__Output } from '../../swarm/v1/StoreAction.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What one Raft entry does to the store. Applied wholly or, when the entry is refused, not at all.
 */
export interface StoreChanges {
  /**
   * In order. At most 200 and 1 MiB.
   */
  'actions'?: (_swarm_v1_StoreAction)[];
  /**
   * The leader's clock when it was proposed; becomes the objects' created/updated instants.
   */
  'proposedAtMs'?: (number | string | Long);
  /**
   * How many entries had been applied before this one when the leader made it, those in flight included. Every manager
   * refuses an entry whose number is not the next one: it was computed on a state that never came to be, because
   * a proposal before it was dropped.
   */
  'sequence'?: (number | string | Long);
}

/**
 * What one Raft entry does to the store. Applied wholly or, when the entry is refused, not at all.
 */
export interface StoreChanges__Output {
  /**
   * In order. At most 200 and 1 MiB.
   */
  'actions': (_swarm_v1_StoreAction__Output)[];
  /**
   * The leader's clock when it was proposed; becomes the objects' created/updated instants.
   */
  'proposedAtMs': (number);
  /**
   * How many entries had been applied before this one when the leader made it, those in flight included. Every manager
   * refuses an entry whose number is not the next one: it was computed on a state that never came to be, because
   * a proposal before it was dropped.
   */
  'sequence': (number);
}
