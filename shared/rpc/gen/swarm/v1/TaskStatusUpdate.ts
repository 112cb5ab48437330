// Original file: proto/swarm/v1/dispatcher.proto

import type { TaskStatus as _swarm_v1_TaskStatus, TaskStatus__Output as _swarm_v1_TaskStatus__Output } from '../../swarm/v1/TaskStatus.ts';

export interface TaskStatusUpdate {
  'taskId'?: (string);
  'status'?: (_swarm_v1_TaskStatus | null);
}

export interface TaskStatusUpdate__Output {
  'taskId': (string);
  'status': (_swarm_v1_TaskStatus__Output | null);
}
