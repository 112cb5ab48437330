// Original file: proto/swarm/v1/control.proto

import type { Service as _swarm_v1_Service, Service__Output as _swarm_v1_Service__Output } from '../../swarm/v1/Service.ts';
import type { Long } from '@grpc/proto-loader';

export interface ServiceWithStatus {
  'service'?: (_swarm_v1_Service | null);
  /**
   * Tasks observed RUNNING.
   */
  'runningTasks'?: (number | string | Long);
  /**
   * Tasks that should run: replicas, or eligible nodes for a global service.
   */
  'desiredTasks'?: (number | string | Long);
}

export interface ServiceWithStatus__Output {
  'service': (_swarm_v1_Service__Output | null);
  /**
   * Tasks observed RUNNING.
   */
  'runningTasks': (number);
  /**
   * Tasks that should run: replicas, or eligible nodes for a global service.
   */
  'desiredTasks': (number);
}
