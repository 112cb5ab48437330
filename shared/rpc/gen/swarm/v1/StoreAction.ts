// Original file: proto/swarm/v1/objects.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';
import type { Service as _swarm_v1_Service, Service__Output as _swarm_v1_Service__Output } from '../../swarm/v1/Service.ts';
import type { Task as _swarm_v1_Task, Task__Output as _swarm_v1_Task__Output } from '../../swarm/v1/Task.ts';
import type { Network as _swarm_v1_Network, Network__Output as _swarm_v1_Network__Output } from '../../swarm/v1/Network.ts';
import type { Cluster as _swarm_v1_Cluster, Cluster__Output as _swarm_v1_Cluster__Output } from '../../swarm/v1/Cluster.ts';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_StoreAction_Kind = {
  /**
   * The id must be new.
   */
  CREATE: 'CREATE',
  /**
   * Replaces the whole object.
   */
  UPDATE: 'UPDATE',
  /**
   * The object must be there.
   */
  REMOVE: 'REMOVE',
} as const;

export type _swarm_v1_StoreAction_Kind =
  /**
   * The id must be new.
   */
  | 'CREATE'
  | 0
  /**
   * Replaces the whole object.
   */
  | 'UPDATE'
  | 1
  /**
   * The object must be there.
   */
  | 'REMOVE'
  | 2

export type _swarm_v1_StoreAction_Kind__Output = typeof _swarm_v1_StoreAction_Kind[keyof typeof _swarm_v1_StoreAction_Kind]

export interface StoreAction {
  /**
   * Default CREATE.
   */
  'kind'?: (_swarm_v1_StoreAction_Kind);
  /**
   * Set for a node.
   */
  'node'?: (_swarm_v1_Node | null);
  /**
   * Set for a service.
   */
  'service'?: (_swarm_v1_Service | null);
  /**
   * Set for a task.
   */
  'task'?: (_swarm_v1_Task | null);
  /**
   * Set for a network.
   */
  'network'?: (_swarm_v1_Network | null);
  /**
   * Set for a cluster.
   */
  'cluster'?: (_swarm_v1_Cluster | null);
  /**
   * For REMOVE only the object's id is set.
   */
  'object'?: "node"|"service"|"task"|"network"|"cluster";
}

export interface StoreAction__Output {
  /**
   * Default CREATE.
   */
  'kind': (_swarm_v1_StoreAction_Kind__Output);
  /**
   * Set for a node.
   */
  'node'?: (_swarm_v1_Node__Output | null);
  /**
   * Set for a service.
   */
  'service'?: (_swarm_v1_Service__Output | null);
  /**
   * Set for a task.
   */
  'task'?: (_swarm_v1_Task__Output | null);
  /**
   * Set for a network.
   */
  'network'?: (_swarm_v1_Network__Output | null);
  /**
   * Set for a cluster.
   */
  'cluster'?: (_swarm_v1_Cluster__Output | null);
  /**
   * For REMOVE only the object's id is set.
   */
  'object'?: "node"|"service"|"task"|"network"|"cluster";
}
