// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_UpdateStatus_State = {
  /**
   * Not said.
   */
  UNKNOWN: 'UNKNOWN',
  /**
   * Tasks are being replaced.
   */
  UPDATING: 'UPDATING',
  /**
   * Failed too often; waits for the next change of the spec.
   */
  PAUSED: 'PAUSED',
  /**
   * Every slot has a task of the current spec.
   */
  COMPLETED: 'COMPLETED',
  /**
   * Going back to the previous spec.
   */
  ROLLBACK_STARTED: 'ROLLBACK_STARTED',
  /**
   * Going back failed too; waits for people.
   */
  ROLLBACK_PAUSED: 'ROLLBACK_PAUSED',
  /**
   * Every slot has a task of the previous spec.
   */
  ROLLBACK_COMPLETED: 'ROLLBACK_COMPLETED',
} as const;

export type _swarm_v1_UpdateStatus_State =
  /**
   * Not said.
   */
  | 'UNKNOWN'
  | 0
  /**
   * Tasks are being replaced.
   */
  | 'UPDATING'
  | 1
  /**
   * Failed too often; waits for the next change of the spec.
   */
  | 'PAUSED'
  | 2
  /**
   * Every slot has a task of the current spec.
   */
  | 'COMPLETED'
  | 3
  /**
   * Going back to the previous spec.
   */
  | 'ROLLBACK_STARTED'
  | 4
  /**
   * Going back failed too; waits for people.
   */
  | 'ROLLBACK_PAUSED'
  | 5
  /**
   * Every slot has a task of the previous spec.
   */
  | 'ROLLBACK_COMPLETED'
  | 6

export type _swarm_v1_UpdateStatus_State__Output = typeof _swarm_v1_UpdateStatus_State[keyof typeof _swarm_v1_UpdateStatus_State]

export interface UpdateStatus {
  /**
   * Written by the updater.
   */
  'state'?: (_swarm_v1_UpdateStatus_State);
  /**
   * When it began, by the leader's clock.
   */
  'startedAtMs'?: (number | string | Long);
  /**
   * When it was complete; 0 = not yet.
   */
  'completedAtMs'?: (number | string | Long);
  /**
   * Why it is in this state, in one sentence.
   */
  'message'?: (string);
}

export interface UpdateStatus__Output {
  /**
   * Written by the updater.
   */
  'state': (_swarm_v1_UpdateStatus_State__Output);
  /**
   * When it began, by the leader's clock.
   */
  'startedAtMs': (number);
  /**
   * When it was complete; 0 = not yet.
   */
  'completedAtMs': (number);
  /**
   * Why it is in this state, in one sentence.
   */
  'message': (string);
}
