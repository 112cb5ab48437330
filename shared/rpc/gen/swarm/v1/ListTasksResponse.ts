// Original file: proto/swarm/v1/control.proto

import type { Task as _swarm_v1_Task, Task__Output as _swarm_v1_Task__Output } from '../../swarm/v1/Task.ts';

export interface ListTasksResponse {
  'tasks'?: (_swarm_v1_Task)[];
}

export interface ListTasksResponse__Output {
  'tasks': (_swarm_v1_Task__Output)[];
}
