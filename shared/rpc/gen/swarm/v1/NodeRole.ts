// Original file: proto/swarm/v1/objects.proto

/**
 * What a node's certificate allows.
 */
export const NodeRole = {
  WORKER: 'WORKER',
  MANAGER: 'MANAGER',
} as const;

/**
 * What a node's certificate allows.
 */
export type NodeRole =
  | 'WORKER'
  | 0
  | 'MANAGER'
  | 1

/**
 * What a node's certificate allows.
 */
export type NodeRole__Output = typeof NodeRole[keyof typeof NodeRole]
