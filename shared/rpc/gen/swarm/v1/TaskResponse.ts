// Original file: proto/swarm/v1/control.proto

import type { Task as _swarm_v1_Task, Task__Output as _swarm_v1_Task__Output } from '../../swarm/v1/Task.ts';

export interface TaskResponse {
  'task'?: (_swarm_v1_Task | null);
}

export interface TaskResponse__Output {
  'task': (_swarm_v1_Task__Output | null);
}
