// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_UpdateConfig_FailureAction = {
  PAUSE: 'PAUSE',
  CONTINUE: 'CONTINUE',
  ROLLBACK: 'ROLLBACK',
} as const;

export type _swarm_v1_UpdateConfig_FailureAction =
  | 'PAUSE'
  | 0
  | 'CONTINUE'
  | 1
  | 'ROLLBACK'
  | 2

export type _swarm_v1_UpdateConfig_FailureAction__Output = typeof _swarm_v1_UpdateConfig_FailureAction[keyof typeof _swarm_v1_UpdateConfig_FailureAction]

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_UpdateConfig_Order = {
  STOP_FIRST: 'STOP_FIRST',
  START_FIRST: 'START_FIRST',
} as const;

export type _swarm_v1_UpdateConfig_Order =
  | 'STOP_FIRST'
  | 0
  | 'START_FIRST'
  | 1

export type _swarm_v1_UpdateConfig_Order__Output = typeof _swarm_v1_UpdateConfig_Order[keyof typeof _swarm_v1_UpdateConfig_Order]

export interface UpdateConfig {
  /**
   * Slots replaced at once; 0 = all. Default 1.
   */
  'parallelism'?: (number | string | Long);
  /**
   * Pause after each slot. Default 0.
   */
  'delayMs'?: (number | string | Long);
  /**
   * How long a new task is watched for failure. Default 5000.
   */
  'monitorMs'?: (number | string | Long);
  'failureAction'?: (_swarm_v1_UpdateConfig_FailureAction);
  /**
   * Failures over updated slots that is still accepted, 0..1. Default 0.
   */
  'maxFailureRatio'?: (number | string);
  'order'?: (_swarm_v1_UpdateConfig_Order);
}

export interface UpdateConfig__Output {
  /**
   * Slots replaced at once; 0 = all. Default 1.
   */
  'parallelism': (number);
  /**
   * Pause after each slot. Default 0.
   */
  'delayMs': (number);
  /**
   * How long a new task is watched for failure. Default 5000.
   */
  'monitorMs': (number);
  'failureAction': (_swarm_v1_UpdateConfig_FailureAction__Output);
  /**
   * Failures over updated slots that is still accepted, 0..1. Default 0.
   */
  'maxFailureRatio': (number);
  'order': (_swarm_v1_UpdateConfig_Order__Output);
}
