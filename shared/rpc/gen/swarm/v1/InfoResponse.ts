// Original file: proto/swarm/v1/local.proto

import type { RemoteManager as _swarm_v1_RemoteManager, RemoteManager__Output as _swarm_v1_RemoteManager__Output } from '../../swarm/v1/RemoteManager.ts';
import type { NodeDescription as _swarm_v1_NodeDescription, NodeDescription__Output as _swarm_v1_NodeDescription__Output } from '../../swarm/v1/NodeDescription.ts';
import type { ClusterSpec as _swarm_v1_ClusterSpec, ClusterSpec__Output as _swarm_v1_ClusterSpec__Output } from '../../swarm/v1/ClusterSpec.ts';
import type { LoopDelay as _swarm_v1_LoopDelay, LoopDelay__Output as _swarm_v1_LoopDelay__Output } from '../../swarm/v1/LoopDelay.ts';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/local.proto

export const _swarm_v1_InfoResponse_State = {
  INACTIVE: 'INACTIVE',
  /**
   * Joining, or not yet connected.
   */
  PENDING: 'PENDING',
  ACTIVE: 'ACTIVE',
  /**
   * Cannot go on without a person; see error.
   */
  ERROR: 'ERROR',
} as const;

export type _swarm_v1_InfoResponse_State =
  | 'INACTIVE'
  | 0
  /**
   * Joining, or not yet connected.
   */
  | 'PENDING'
  | 1
  | 'ACTIVE'
  | 2
  /**
   * Cannot go on without a person; see error.
   */
  | 'ERROR'
  | 3

export type _swarm_v1_InfoResponse_State__Output = typeof _swarm_v1_InfoResponse_State[keyof typeof _swarm_v1_InfoResponse_State]

export interface InfoResponse {
  /**
   * swarmd's version.
   */
  'version'?: (string);
  'hostname'?: (string);
  'state'?: (_swarm_v1_InfoResponse_State);
  'error'?: (string);
  /**
   * "" when inactive.
   */
  'nodeId'?: (string);
  /**
   * Address other nodes use for this one.
   */
  'nodeAddress'?: (string);
  /**
   * Whether this node is a manager that answers the control API.
   */
  'controlAvailable'?: (boolean);
  'clusterId'?: (string);
  /**
   * Known managers, HOST:PORT.
   */
  'remoteManagers'?: (_swarm_v1_RemoteManager)[];
  /**
   * Only on managers.
   */
  'nodes'?: (number);
  'managers'?: (number);
  /**
   * Sentences worth a person's attention.
   */
  'warnings'?: (string)[];
  'description'?: (_swarm_v1_NodeDescription | null);
  'startedAtMs'?: (number | string | Long);
  /**
   * Containers of this host now running.
   */
  'containersRunning'?: (number);
  'dataPathPort'?: (number);
  'clusterSpec'?: (_swarm_v1_ClusterSpec | null);
  'loopDelay'?: (_swarm_v1_LoopDelay | null);
}

export interface InfoResponse__Output {
  /**
   * swarmd's version.
   */
  'version': (string);
  'hostname': (string);
  'state': (_swarm_v1_InfoResponse_State__Output);
  'error': (string);
  /**
   * "" when inactive.
   */
  'nodeId': (string);
  /**
   * Address other nodes use for this one.
   */
  'nodeAddress': (string);
  /**
   * Whether this node is a manager that answers the control API.
   */
  'controlAvailable': (boolean);
  'clusterId': (string);
  /**
   * Known managers, HOST:PORT.
   */
  'remoteManagers': (_swarm_v1_RemoteManager__Output)[];
  /**
   * Only on managers.
   */
  'nodes': (number);
  'managers': (number);
  /**
   * Sentences worth a person's attention.
   */
  'warnings': (string)[];
  'description': (_swarm_v1_NodeDescription__Output | null);
  'startedAtMs': (number);
  /**
   * Containers of this host now running.
   */
  'containersRunning': (number);
  'dataPathPort': (number);
  'clusterSpec': (_swarm_v1_ClusterSpec__Output | null);
  'loopDelay': (_swarm_v1_LoopDelay__Output | null);
}
