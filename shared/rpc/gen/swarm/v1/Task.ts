// Original file: proto/swarm/v1/objects.proto

import type { Meta as _swarm_v1_Meta, Meta__Output as _swarm_v1_Meta__Output } from '../../swarm/v1/Meta.ts';
import type { TaskSpec as _swarm_v1_TaskSpec, TaskSpec__Output as _swarm_v1_TaskSpec__Output } from '../../swarm/v1/TaskSpec.ts';
import type { Annotations as _swarm_v1_Annotations, Annotations__Output as _swarm_v1_Annotations__Output } from '../../swarm/v1/Annotations.ts';
import type { TaskStatus as _swarm_v1_TaskStatus, TaskStatus__Output as _swarm_v1_TaskStatus__Output } from '../../swarm/v1/TaskStatus.ts';
import type { TaskState as _swarm_v1_TaskState, TaskState__Output as _swarm_v1_TaskState__Output } from '../../swarm/v1/TaskState.ts';
import type { NetworkAttachment as _swarm_v1_NetworkAttachment, NetworkAttachment__Output as _swarm_v1_NetworkAttachment__Output } from '../../swarm/v1/NetworkAttachment.ts';
import type { Endpoint as _swarm_v1_Endpoint, Endpoint__Output as _swarm_v1_Endpoint__Output } from '../../swarm/v1/Endpoint.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One try to run a service's container on one node. A task only moves forward; a replacement is a new task.
 */
export interface Task {
  /**
   * 25 characters of base 36. Written once, by the orchestrator.
   */
  'id'?: (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta'?: (_swarm_v1_Meta | null);
  /**
   * Copy of the service's, as it was when the task was made.
   */
  'spec'?: (_swarm_v1_TaskSpec | null);
  /**
   * The service's spec_version at that time. Written by the orchestrator.
   */
  'specVersion'?: (number | string | Long);
  /**
   * Whose task it is. Written once, by the orchestrator.
   */
  'serviceId'?: (string);
  /**
   * Copy of the service's annotations.
   */
  'serviceAnnotations'?: (_swarm_v1_Annotations | null);
  /**
   * 1.. for replicated services, 0 for global ones. Written by the orchestrator.
   */
  'slot'?: (number | string | Long);
  /**
   * "" until assigned; preset for global services. Written by the scheduler (global: the orchestrator).
   */
  'nodeId'?: (string);
  /**
   * What was observed. Each state has one owner; see TaskState.
   */
  'status'?: (_swarm_v1_TaskStatus | null);
  /**
   * Where it should go; only grows. Written by orchestrators and the restart supervisor.
   */
  'desiredState'?: (_swarm_v1_TaskState);
  /**
   * Its addresses. Written by the allocator.
   */
  'networks'?: (_swarm_v1_NetworkAttachment)[];
  /**
   * Copy of the service's allocated ports. Written by the allocator.
   */
  'endpoint'?: (_swarm_v1_Endpoint | null);
}

/**
 * One try to run a service's container on one node. A task only moves forward; a replacement is a new task.
 */
export interface Task__Output {
  /**
   * 25 characters of base 36. Written once, by the orchestrator.
   */
  'id': (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta': (_swarm_v1_Meta__Output | null);
  /**
   * Copy of the service's, as it was when the task was made.
   */
  'spec': (_swarm_v1_TaskSpec__Output | null);
  /**
   * The service's spec_version at that time. Written by the orchestrator.
   */
  'specVersion': (number);
  /**
   * Whose task it is. Written once, by the orchestrator.
   */
  'serviceId': (string);
  /**
   * Copy of the service's annotations.
   */
  'serviceAnnotations': (_swarm_v1_Annotations__Output | null);
  /**
   * 1.. for replicated services, 0 for global ones. Written by the orchestrator.
   */
  'slot': (number);
  /**
   * "" until assigned; preset for global services. Written by the scheduler (global: the orchestrator).
   */
  'nodeId': (string);
  /**
   * What was observed. Each state has one owner; see TaskState.
   */
  'status': (_swarm_v1_TaskStatus__Output | null);
  /**
   * Where it should go; only grows. Written by orchestrators and the restart supervisor.
   */
  'desiredState': (_swarm_v1_TaskState__Output);
  /**
   * Its addresses. Written by the allocator.
   */
  'networks': (_swarm_v1_NetworkAttachment__Output)[];
  /**
   * Copy of the service's allocated ports. Written by the allocator.
   */
  'endpoint': (_swarm_v1_Endpoint__Output | null);
}
