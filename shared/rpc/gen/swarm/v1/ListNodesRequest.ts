// Original file: proto/swarm/v1/control.proto

import type { NodeRole as _swarm_v1_NodeRole, NodeRole__Output as _swarm_v1_NodeRole__Output } from '../../swarm/v1/NodeRole.ts';

export interface ListNodesRequest {
  /**
   * Each filter: any of its values may match; all given filters must.
   */
  'idPrefixes'?: (string)[];
  /**
   * Host name prefixes.
   */
  'namePrefixes'?: (string)[];
  /**
   * KEY or KEY=VALUE of spec labels.
   */
  'labels'?: (string)[];
  'roles'?: (_swarm_v1_NodeRole)[];
}

export interface ListNodesRequest__Output {
  /**
   * Each filter: any of its values may match; all given filters must.
   */
  'idPrefixes': (string)[];
  /**
   * Host name prefixes.
   */
  'namePrefixes': (string)[];
  /**
   * KEY or KEY=VALUE of spec labels.
   */
  'labels': (string)[];
  'roles': (_swarm_v1_NodeRole__Output)[];
}
