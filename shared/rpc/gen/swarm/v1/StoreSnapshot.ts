// Original file: proto/swarm/v1/objects.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';
import type { Service as _swarm_v1_Service, Service__Output as _swarm_v1_Service__Output } from '../../swarm/v1/Service.ts';
import type { Task as _swarm_v1_Task, Task__Output as _swarm_v1_Task__Output } from '../../swarm/v1/Task.ts';
import type { Network as _swarm_v1_Network, Network__Output as _swarm_v1_Network__Output } from '../../swarm/v1/Network.ts';
import type { Cluster as _swarm_v1_Cluster, Cluster__Output as _swarm_v1_Cluster__Output } from '../../swarm/v1/Cluster.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The whole store, for snapshots.
 */
export interface StoreSnapshot {
  /**
   * All nodes, by id.
   */
  'nodes'?: (_swarm_v1_Node)[];
  /**
   * All services, by id.
   */
  'services'?: (_swarm_v1_Service)[];
  /**
   * All tasks, by id.
   */
  'tasks'?: (_swarm_v1_Task)[];
  /**
   * All networks, by id.
   */
  'networks'?: (_swarm_v1_Network)[];
  /**
   * All clusters, by id.
   */
  'clusters'?: (_swarm_v1_Cluster)[];
  /**
   * Entries applied so far; see StoreChanges.sequence.
   */
  'sequence'?: (number | string | Long);
}

/**
 * The whole store, for snapshots.
 */
export interface StoreSnapshot__Output {
  /**
   * All nodes, by id.
   */
  'nodes': (_swarm_v1_Node__Output)[];
  /**
   * All services, by id.
   */
  'services': (_swarm_v1_Service__Output)[];
  /**
   * All tasks, by id.
   */
  'tasks': (_swarm_v1_Task__Output)[];
  /**
   * All networks, by id.
   */
  'networks': (_swarm_v1_Network__Output)[];
  /**
   * All clusters, by id.
   */
  'clusters': (_swarm_v1_Cluster__Output)[];
  /**
   * Entries applied so far; see StoreChanges.sequence.
   */
  'sequence': (number);
}
