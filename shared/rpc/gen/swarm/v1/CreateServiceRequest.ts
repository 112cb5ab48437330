// Original file: proto/swarm/v1/control.proto

import type { ServiceSpec as _swarm_v1_ServiceSpec, ServiceSpec__Output as _swarm_v1_ServiceSpec__Output } from '../../swarm/v1/ServiceSpec.ts';

export interface CreateServiceRequest {
  /**
   * An empty name is filled in by the manager.
   */
  'spec'?: (_swarm_v1_ServiceSpec | null);
  /**
   * Do not ask the registry for the digest.
   */
  'noResolveImage'?: (boolean);
}

export interface CreateServiceRequest__Output {
  /**
   * An empty name is filled in by the manager.
   */
  'spec': (_swarm_v1_ServiceSpec__Output | null);
  /**
   * Do not ask the registry for the digest.
   */
  'noResolveImage': (boolean);
}
