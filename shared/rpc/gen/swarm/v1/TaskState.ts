// Original file: proto/swarm/v1/objects.proto

/**
 * The values leave room between them; order is progress. See docs/ARCHITECTURE.md for who moves a task where.
 */
export const TaskState = {
  /**
   * Made by an orchestrator.
   */
  NEW: 'NEW',
  /**
   * Addresses and ports are set; waits for a node. Allocator.
   */
  PENDING: 'PENDING',
  /**
   * Has a node. Scheduler.
   */
  ASSIGNED: 'ASSIGNED',
  /**
   * The worker has it. Worker, like all states below.
   */
  ACCEPTED: 'ACCEPTED',
  /**
   * Pulling the image, making networks and mounts.
   */
  PREPARING: 'PREPARING',
  /**
   * Could start; waits while the desired state is READY.
   */
  READY: 'READY',
  /**
   * Its process is being started, or is not yet healthy.
   */
  STARTING: 'STARTING',
  /**
   * Its process runs and is healthy, as far as that is checked.
   */
  RUNNING: 'RUNNING',
  /**
   * Exited with 0.
   */
  COMPLETE: 'COMPLETE',
  /**
   * Stopped because it was asked to.
   */
  SHUTDOWN: 'SHUTDOWN',
  /**
   * Exited with another code, or could not start.
   */
  FAILED: 'FAILED',
  /**
   * Could not be prepared.
   */
  REJECTED: 'REJECTED',
  /**
   * Only a desired state: stop it, then forget it.
   */
  REMOVE: 'REMOVE',
  /**
   * Its node is gone for good. Dispatcher.
   */
  ORPHANED: 'ORPHANED',
} as const;

/**
 * The values leave room between them; order is progress. See docs/ARCHITECTURE.md for who moves a task where.
 */
export type TaskState =
  /**
   * Made by an orchestrator.
   */
  | 'NEW'
  | 0
  /**
   * Addresses and ports are set; waits for a node. Allocator.
   */
  | 'PENDING'
  | 64
  /**
   * Has a node. Scheduler.
   */
  | 'ASSIGNED'
  | 192
  /**
   * The worker has it. Worker, like all states below.
   */
  | 'ACCEPTED'
  | 256
  /**
   * Pulling the image, making networks and mounts.
   */
  | 'PREPARING'
  | 320
  /**
   * Could start; waits while the desired state is READY.
   */
  | 'READY'
  | 384
  /**
   * Its process is being started, or is not yet healthy.
   */
  | 'STARTING'
  | 448
  /**
   * Its process runs and is healthy, as far as that is checked.
   */
  | 'RUNNING'
  | 512
  /**
   * Exited with 0.
   */
  | 'COMPLETE'
  | 576
  /**
   * Stopped because it was asked to.
   */
  | 'SHUTDOWN'
  | 640
  /**
   * Exited with another code, or could not start.
   */
  | 'FAILED'
  | 704
  /**
   * Could not be prepared.
   */
  | 'REJECTED'
  | 768
  /**
   * Only a desired state: stop it, then forget it.
   */
  | 'REMOVE'
  | 800
  /**
   * Its node is gone for good. Dispatcher.
   */
  | 'ORPHANED'
  | 832

/**
 * The values leave room between them; order is progress. See docs/ARCHITECTURE.md for who moves a task where.
 */
export type TaskState__Output = typeof TaskState[keyof typeof TaskState]
