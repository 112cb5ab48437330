// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_UpdateStatus_State = {
  UNKNOWN: 'UNKNOWN',
  UPDATING: 'UPDATING',
  PAUSED: 'PAUSED',
  COMPLETED: 'COMPLETED',
  ROLLBACK_STARTED: 'ROLLBACK_STARTED',
  ROLLBACK_PAUSED: 'ROLLBACK_PAUSED',
  ROLLBACK_COMPLETED: 'ROLLBACK_COMPLETED',
} as const;

export type _swarm_v1_UpdateStatus_State =
  | 'UNKNOWN'
  | 0
  | 'UPDATING'
  | 1
  | 'PAUSED'
  | 2
  | 'COMPLETED'
  | 3
  | 'ROLLBACK_STARTED'
  | 4
  | 'ROLLBACK_PAUSED'
  | 5
  | 'ROLLBACK_COMPLETED'
  | 6

export type _swarm_v1_UpdateStatus_State__Output = typeof _swarm_v1_UpdateStatus_State[keyof typeof _swarm_v1_UpdateStatus_State]

export interface UpdateStatus {
  'state'?: (_swarm_v1_UpdateStatus_State);
  'startedAtMs'?: (number | string | Long);
  'completedAtMs'?: (number | string | Long);
  /**
   * Why it is in this state, in one sentence.
   */
  'message'?: (string);
}

export interface UpdateStatus__Output {
  'state': (_swarm_v1_UpdateStatus_State__Output);
  'startedAtMs': (number);
  'completedAtMs': (number);
  /**
   * Why it is in this state, in one sentence.
   */
  'message': (string);
}
