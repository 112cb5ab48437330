// Original file: proto/swarm/v1/dispatcher.proto

import type { TaskStatusUpdate as _swarm_v1_TaskStatusUpdate, TaskStatusUpdate__Output as _swarm_v1_TaskStatusUpdate__Output } from '../../swarm/v1/TaskStatusUpdate.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What became of tasks; the worker repeats it until `StatusAccepted` names its number.
 */
export interface StatusReport {
  /**
   * 1, 2, 3 ... in this session.
   */
  'number'?: (number | string | Long);
  /**
   * At most 1000.
   */
  'updates'?: (_swarm_v1_TaskStatusUpdate)[];
}

/**
 * What became of tasks; the worker repeats it until `StatusAccepted` names its number.
 */
export interface StatusReport__Output {
  /**
   * 1, 2, 3 ... in this session.
   */
  'number': (number);
  /**
   * At most 1000.
   */
  'updates': (_swarm_v1_TaskStatusUpdate__Output)[];
}
