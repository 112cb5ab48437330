// Original file: proto/swarm/v1/objects.proto

import type { Platform as _swarm_v1_Platform, Platform__Output as _swarm_v1_Platform__Output } from '../../swarm/v1/Platform.ts';
import type { Long } from '@grpc/proto-loader';

export interface Placement {
  /**
   * `key==value` or `key!=value`; all must hold.
   */
  'constraints'?: (string)[];
  /**
   * Most tasks of the service on one node; 0 = no cap.
   */
  'maxReplicas'?: (number | string | Long);
  /**
   * Platforms the image exists for, found when it was resolved; empty = any.
   */
  'platforms'?: (_swarm_v1_Platform)[];
}

export interface Placement__Output {
  /**
   * `key==value` or `key!=value`; all must hold.
   */
  'constraints': (string)[];
  /**
   * Most tasks of the service on one node; 0 = no cap.
   */
  'maxReplicas': (number);
  /**
   * Platforms the image exists for, found when it was resolved; empty = any.
   */
  'platforms': (_swarm_v1_Platform__Output)[];
}
