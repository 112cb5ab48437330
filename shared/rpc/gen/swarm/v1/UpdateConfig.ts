// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_UpdateConfig_FailureAction = {
  /**
   * Stop replacing; people decide.
   */
  PAUSE: 'PAUSE',
  /**
   * Go on as if nothing had happened.
   */
  CONTINUE: 'CONTINUE',
  /**
   * Go back to the previous spec.
   */
  ROLLBACK: 'ROLLBACK',
} as const;

export type _swarm_v1_UpdateConfig_FailureAction =
  /**
   * Stop replacing; people decide.
   */
  | 'PAUSE'
  | 0
  /**
   * Go on as if nothing had happened.
   */
  | 'CONTINUE'
  | 1
  /**
   * Go back to the previous spec.
   */
  | 'ROLLBACK'
  | 2

export type _swarm_v1_UpdateConfig_FailureAction__Output = typeof _swarm_v1_UpdateConfig_FailureAction[keyof typeof _swarm_v1_UpdateConfig_FailureAction]

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_UpdateConfig_Order = {
  /**
   * The old task ends before the new one starts.
   */
  STOP_FIRST: 'STOP_FIRST',
  /**
   * The old task ends when the new one runs.
   */
  START_FIRST: 'START_FIRST',
} as const;

export type _swarm_v1_UpdateConfig_Order =
  /**
   * The old task ends before the new one starts.
   */
  | 'STOP_FIRST'
  | 0
  /**
   * The old task ends when the new one runs.
   */
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
  /**
   * What to do when max_failure_ratio is exceeded. Default PAUSE.
   */
  'failureAction'?: (_swarm_v1_UpdateConfig_FailureAction);
  /**
   * Failures over updated slots that is still accepted, 0..1. Default 0.
   */
  'maxFailureRatio'?: (number | string);
  /**
   * Default STOP_FIRST.
   */
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
  /**
   * What to do when max_failure_ratio is exceeded. Default PAUSE.
   */
  'failureAction': (_swarm_v1_UpdateConfig_FailureAction__Output);
  /**
   * Failures over updated slots that is still accepted, 0..1. Default 0.
   */
  'maxFailureRatio': (number);
  /**
   * Default STOP_FIRST.
   */
  'order': (_swarm_v1_UpdateConfig_Order__Output);
}
