// Original file: proto/swarm/v1/objects.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';
import type { Service as _swarm_v1_Service, Service__Output as _swarm_v1_Service__Output } from '../../swarm/v1/Service.ts';
import type { Task as _swarm_v1_Task, Task__Output as _swarm_v1_Task__Output } from '../../swarm/v1/Task.ts';
import type { Network as _swarm_v1_Network, Network__Output as _swarm_v1_Network__Output } from '../../swarm/v1/Network.ts';
import type { Cluster as _swarm_v1_Cluster, Cluster__Output as _swarm_v1_Cluster__Output } from '../../swarm/v1/Cluster.ts';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_StoreAction_Kind = {
  CREATE: 'CREATE',
  UPDATE: 'UPDATE',
  REMOVE: 'REMOVE',
} as const;

export type _swarm_v1_StoreAction_Kind =
  | 'CREATE'
  | 0
  | 'UPDATE'
  | 1
  | 'REMOVE'
  | 2

export type _swarm_v1_StoreAction_Kind__Output = typeof _swarm_v1_StoreAction_Kind[keyof typeof _swarm_v1_StoreAction_Kind]

export interface StoreAction {
  'kind'?: (_swarm_v1_StoreAction_Kind);
  'node'?: (_swarm_v1_Node | null);
  'service'?: (_swarm_v1_Service | null);
  'task'?: (_swarm_v1_Task | null);
  'network'?: (_swarm_v1_Network | null);
  'cluster'?: (_swarm_v1_Cluster | null);
  /**
   * For REMOVE only the object's id is set.
   */
  'object'?: "node"|"service"|"task"|"network"|"cluster";
}

export interface StoreAction__Output {
  'kind': (_swarm_v1_StoreAction_Kind__Output);
  'node'?: (_swarm_v1_Node__Output | null);
  'service'?: (_swarm_v1_Service__Output | null);
  'task'?: (_swarm_v1_Task__Output | null);
  'network'?: (_swarm_v1_Network__Output | null);
  'cluster'?: (_swarm_v1_Cluster__Output | null);
  /**
   * For REMOVE only the object's id is set.
   */
  'object'?: "node"|"service"|"task"|"network"|"cluster";
}
