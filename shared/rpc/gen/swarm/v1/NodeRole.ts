// Original file: proto/swarm/v1/objects.proto

/**
 * What a node's certificate allows.
 */
export const NodeRole = {
  /**
   * Runs tasks.
   */
  WORKER: 'WORKER',
  /**
   * Keeps the cluster's state too, and may lead.
   */
  MANAGER: 'MANAGER',
} as const;

/**
 * What a node's certificate allows.
 */
export type NodeRole =
  /**
   * Runs tasks.
   */
  | 'WORKER'
  | 0
  /**
   * Keeps the cluster's state too, and may lead.
   */
  | 'MANAGER'
  | 1

/**
 * What a node's certificate allows.
 */
export type NodeRole__Output = typeof NodeRole[keyof typeof NodeRole]
