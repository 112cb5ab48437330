// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * So many tasks, wherever they fit.
 */
export interface ReplicatedMode {
  /**
   * Default 1.
   */
  'replicas'?: (number | string | Long);
}

/**
 * So many tasks, wherever they fit.
 */
export interface ReplicatedMode__Output {
  /**
   * Default 1.
   */
  'replicas': (number);
}
