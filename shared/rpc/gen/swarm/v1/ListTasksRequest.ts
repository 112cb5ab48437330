// Original file: proto/swarm/v1/control.proto

import type { TaskState as _swarm_v1_TaskState, TaskState__Output as _swarm_v1_TaskState__Output } from '../../swarm/v1/TaskState.ts';

export interface ListTasksRequest {
  'idPrefixes'?: (string)[];
  /**
   * Service references.
   */
  'services'?: (string)[];
  /**
   * Node references.
   */
  'nodes'?: (string)[];
  'desiredStates'?: (_swarm_v1_TaskState)[];
  /**
   * SERVICE.SLOT prefixes.
   */
  'namePrefixes'?: (string)[];
}

export interface ListTasksRequest__Output {
  'idPrefixes': (string)[];
  /**
   * Service references.
   */
  'services': (string)[];
  /**
   * Node references.
   */
  'nodes': (string)[];
  'desiredStates': (_swarm_v1_TaskState__Output)[];
  /**
   * SERVICE.SLOT prefixes.
   */
  'namePrefixes': (string)[];
}
