// Original file: proto/swarm/v1/objects.proto

import type { Annotations as _swarm_v1_Annotations, Annotations__Output as _swarm_v1_Annotations__Output } from '../../swarm/v1/Annotations.ts';
import type { NodeRole as _swarm_v1_NodeRole, NodeRole__Output as _swarm_v1_NodeRole__Output } from '../../swarm/v1/NodeRole.ts';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_NodeSpec_Availability = {
  /**
   * May get new tasks.
   */
  ACTIVE: 'ACTIVE',
  /**
   * Keeps its tasks, gets no new ones.
   */
  PAUSE: 'PAUSE',
  /**
   * Its tasks move away.
   */
  DRAIN: 'DRAIN',
} as const;

export type _swarm_v1_NodeSpec_Availability =
  /**
   * May get new tasks.
   */
  | 'ACTIVE'
  | 0
  /**
   * Keeps its tasks, gets no new ones.
   */
  | 'PAUSE'
  | 1
  /**
   * Its tasks move away.
   */
  | 'DRAIN'
  | 2

export type _swarm_v1_NodeSpec_Availability__Output = typeof _swarm_v1_NodeSpec_Availability[keyof typeof _swarm_v1_NodeSpec_Availability]

/**
 * What people want of a node.
 */
export interface NodeSpec {
  /**
   * Labels usable as `node.labels.KEY` in constraints. The name is unused; people see the host name.
   */
  'annotations'?: (_swarm_v1_Annotations | null);
  /**
   * Default WORKER. Written by `node promote` and `demote`; `Node.role` follows.
   */
  'desiredRole'?: (_swarm_v1_NodeRole);
  /**
   * Default ACTIVE. Written by people.
   */
  'availability'?: (_swarm_v1_NodeSpec_Availability);
}

/**
 * What people want of a node.
 */
export interface NodeSpec__Output {
  /**
   * Labels usable as `node.labels.KEY` in constraints. The name is unused; people see the host name.
   */
  'annotations': (_swarm_v1_Annotations__Output | null);
  /**
   * Default WORKER. Written by `node promote` and `demote`; `Node.role` follows.
   */
  'desiredRole': (_swarm_v1_NodeRole__Output);
  /**
   * Default ACTIVE. Written by people.
   */
  'availability': (_swarm_v1_NodeSpec_Availability__Output);
}
