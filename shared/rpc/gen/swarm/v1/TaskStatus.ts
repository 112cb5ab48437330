// Original file: proto/swarm/v1/objects.proto

import type { TaskState as _swarm_v1_TaskState, TaskState__Output as _swarm_v1_TaskState__Output } from '../../swarm/v1/TaskState.ts';
import type { ContainerStatus as _swarm_v1_ContainerStatus, ContainerStatus__Output as _swarm_v1_ContainerStatus__Output } from '../../swarm/v1/ContainerStatus.ts';
import type { PortConfig as _swarm_v1_PortConfig, PortConfig__Output as _swarm_v1_PortConfig__Output } from '../../swarm/v1/PortConfig.ts';
import type { Long } from '@grpc/proto-loader';

export interface TaskStatus {
  /**
   * Only grows. Default NEW.
   */
  'state'?: (_swarm_v1_TaskState);
  /**
   * When it got there, by the reporter's clock.
   */
  'timestampMs'?: (number | string | Long);
  /**
   * What is going on, in a few words.
   */
  'message'?: (string);
  /**
   * What went wrong, in one sentence; "" = nothing.
   */
  'err'?: (string);
  /**
   * Absent until there is a container.
   */
  'container'?: (_swarm_v1_ContainerStatus | null);
  /**
   * Host-mode ports as they are. Written by the worker.
   */
  'hostPorts'?: (_swarm_v1_PortConfig)[];
  /**
   * When a manager stored this status, by the leader's clock.
   */
  'appliedAtMs'?: (number | string | Long);
}

export interface TaskStatus__Output {
  /**
   * Only grows. Default NEW.
   */
  'state': (_swarm_v1_TaskState__Output);
  /**
   * When it got there, by the reporter's clock.
   */
  'timestampMs': (number);
  /**
   * What is going on, in a few words.
   */
  'message': (string);
  /**
   * What went wrong, in one sentence; "" = nothing.
   */
  'err': (string);
  /**
   * Absent until there is a container.
   */
  'container': (_swarm_v1_ContainerStatus__Output | null);
  /**
   * Host-mode ports as they are. Written by the worker.
   */
  'hostPorts': (_swarm_v1_PortConfig__Output)[];
  /**
   * When a manager stored this status, by the leader's clock.
   */
  'appliedAtMs': (number);
}
