// Original file: proto/swarm/v1/dispatcher.proto

import type { Task as _swarm_v1_Task, Task__Output as _swarm_v1_Task__Output } from '../../swarm/v1/Task.ts';
import type { NetworkTable as _swarm_v1_NetworkTable, NetworkTable__Output as _swarm_v1_NetworkTable__Output } from '../../swarm/v1/NetworkTable.ts';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/dispatcher.proto

export const _swarm_v1_Assignments_Kind = {
  /**
   * Replaces everything known.
   */
  FULL: 'FULL',
  /**
   * Changes against revision - 1.
   */
  DELTA: 'DELTA',
} as const;

export type _swarm_v1_Assignments_Kind =
  /**
   * Replaces everything known.
   */
  | 'FULL'
  | 0
  /**
   * Changes against revision - 1.
   */
  | 'DELTA'
  | 1

export type _swarm_v1_Assignments_Kind__Output = typeof _swarm_v1_Assignments_Kind[keyof typeof _swarm_v1_Assignments_Kind]

/**
 * What a worker should run and route.
 */
export interface Assignments {
  'kind'?: (_swarm_v1_Assignments_Kind);
  /**
   * 1, 2, 3 ... in this session.
   */
  'revision'?: (number | string | Long);
  /**
   * New or changed tasks of this node.
   */
  'tasks'?: (_swarm_v1_Task)[];
  /**
   * Tasks to stop and forget.
   */
  'removedTaskIds'?: (string)[];
  /**
   * New or changed networks this node takes part in, each with its complete endpoint table.
   */
  'networks'?: (_swarm_v1_NetworkTable)[];
  'removedNetworkIds'?: (string)[];
}

/**
 * What a worker should run and route.
 */
export interface Assignments__Output {
  'kind': (_swarm_v1_Assignments_Kind__Output);
  /**
   * 1, 2, 3 ... in this session.
   */
  'revision': (number);
  /**
   * New or changed tasks of this node.
   */
  'tasks': (_swarm_v1_Task__Output)[];
  /**
   * Tasks to stop and forget.
   */
  'removedTaskIds': (string)[];
  /**
   * New or changed networks this node takes part in, each with its complete endpoint table.
   */
  'networks': (_swarm_v1_NetworkTable__Output)[];
  'removedNetworkIds': (string)[];
}
