// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_NodeStatus_State = {
  /**
   * Nothing known yet, or a new leader has not heard of it.
   */
  UNKNOWN: 'UNKNOWN',
  /**
   * Judged gone: its tasks are replaced elsewhere.
   */
  DOWN: 'DOWN',
  /**
   * In session.
   */
  READY: 'READY',
  /**
   * Its session is silent, but there is no proof that the host is gone; nothing is moved.
   */
  DISCONNECTED: 'DISCONNECTED',
} as const;

export type _swarm_v1_NodeStatus_State =
  /**
   * Nothing known yet, or a new leader has not heard of it.
   */
  | 'UNKNOWN'
  | 0
  /**
   * Judged gone: its tasks are replaced elsewhere.
   */
  | 'DOWN'
  | 1
  /**
   * In session.
   */
  | 'READY'
  | 2
  /**
   * Its session is silent, but there is no proof that the host is gone; nothing is moved.
   */
  | 'DISCONNECTED'
  | 3

export type _swarm_v1_NodeStatus_State__Output = typeof _swarm_v1_NodeStatus_State[keyof typeof _swarm_v1_NodeStatus_State]

export interface NodeStatus {
  /**
   * Default UNKNOWN. Written by the dispatcher and by liveness.
   */
  'state'?: (_swarm_v1_NodeStatus_State);
  /**
   * Why, in one sentence with the evidence.
   */
  'message'?: (string);
  /**
   * The address its session comes from.
   */
  'address'?: (string);
  /**
   * When `state` last changed.
   */
  'sinceMs'?: (number | string | Long);
  /**
   * When its session fell silent, by the leader's clock; 0 = it is not. Written by liveness, so that a new leader goes on
   * counting instead of beginning anew.
   */
  'silentSinceMs'?: (number | string | Long);
}

export interface NodeStatus__Output {
  /**
   * Default UNKNOWN. Written by the dispatcher and by liveness.
   */
  'state': (_swarm_v1_NodeStatus_State__Output);
  /**
   * Why, in one sentence with the evidence.
   */
  'message': (string);
  /**
   * The address its session comes from.
   */
  'address': (string);
  /**
   * When `state` last changed.
   */
  'sinceMs': (number);
  /**
   * When its session fell silent, by the leader's clock; 0 = it is not. Written by liveness, so that a new leader goes on
   * counting instead of beginning anew.
   */
  'silentSinceMs': (number);
}
