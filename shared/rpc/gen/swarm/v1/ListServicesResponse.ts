// Original file: proto/swarm/v1/control.proto

import type { ServiceWithStatus as _swarm_v1_ServiceWithStatus, ServiceWithStatus__Output as _swarm_v1_ServiceWithStatus__Output } from '../../swarm/v1/ServiceWithStatus.ts';

export interface ListServicesResponse {
  'services'?: (_swarm_v1_ServiceWithStatus)[];
}

export interface ListServicesResponse__Output {
  'services': (_swarm_v1_ServiceWithStatus__Output)[];
}
