// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Written by the store, read by everyone.
 */
export interface Meta {
  /**
   * Raft index of the entry that last wrote the object. 0 = not yet committed. Written by the store on apply.
   */
  'version'?: (number | string | Long);
  /**
   * When it was created, by the leader's clock. Written by the store.
   */
  'createdAtMs'?: (number | string | Long);
  /**
   * When it was last written, by the leader's clock. Written by the store.
   */
  'updatedAtMs'?: (number | string | Long);
}

/**
 * Written by the store, read by everyone.
 */
export interface Meta__Output {
  /**
   * Raft index of the entry that last wrote the object. 0 = not yet committed. Written by the store on apply.
   */
  'version': (number);
  /**
   * When it was created, by the leader's clock. Written by the store.
   */
  'createdAtMs': (number);
  /**
   * When it was last written, by the leader's clock. Written by the store.
   */
  'updatedAtMs': (number);
}
