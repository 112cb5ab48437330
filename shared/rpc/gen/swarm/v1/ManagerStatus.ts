// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_ManagerStatus_Reachability = {
  /**
   * This manager does not lead, so it cannot say.
   */
  UNKNOWN: 'UNKNOWN',
  /**
   * Not heard of within the last election timeout.
   */
  UNREACHABLE: 'UNREACHABLE',
  /**
   * Heard of within the last election timeout.
   */
  REACHABLE: 'REACHABLE',
} as const;

export type _swarm_v1_ManagerStatus_Reachability =
  /**
   * This manager does not lead, so it cannot say.
   */
  | 'UNKNOWN'
  | 0
  /**
   * Not heard of within the last election timeout.
   */
  | 'UNREACHABLE'
  | 1
  /**
   * Heard of within the last election timeout.
   */
  | 'REACHABLE'
  | 2

export type _swarm_v1_ManagerStatus_Reachability__Output = typeof _swarm_v1_ManagerStatus_Reachability[keyof typeof _swarm_v1_ManagerStatus_Reachability]

export interface ManagerStatus {
  /**
   * Its id in the Raft group; never reused.
   */
  'raftId'?: (number | string | Long);
  /**
   * HOST:PORT where other managers reach it.
   */
  'address'?: (string);
  /**
   * Whether this manager leads now. Computed on read, never stored.
   */
  'leader'?: (boolean);
  /**
   * As the leader sees it now. Computed on read, never stored.
   */
  'reachability'?: (_swarm_v1_ManagerStatus_Reachability);
}

export interface ManagerStatus__Output {
  /**
   * Its id in the Raft group; never reused.
   */
  'raftId': (number);
  /**
   * HOST:PORT where other managers reach it.
   */
  'address': (string);
  /**
   * Whether this manager leads now. Computed on read, never stored.
   */
  'leader': (boolean);
  /**
   * As the leader sees it now. Computed on read, never stored.
   */
  'reachability': (_swarm_v1_ManagerStatus_Reachability__Output);
}
