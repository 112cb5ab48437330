// Original file: proto/swarm/v1/control.proto

import type { ServiceSpec as _swarm_v1_ServiceSpec, ServiceSpec__Output as _swarm_v1_ServiceSpec__Output } from '../../swarm/v1/ServiceSpec.ts';
import type { Long } from '@grpc/proto-loader';

export interface UpdateServiceRequest {
  'ref'?: (string);
  /**
   * meta.version the caller has read; must be current.
   */
  'version'?: (number | string | Long);
  'spec'?: (_swarm_v1_ServiceSpec | null);
  'noResolveImage'?: (boolean);
}

export interface UpdateServiceRequest__Output {
  'ref': (string);
  /**
   * meta.version the caller has read; must be current.
   */
  'version': (number);
  'spec': (_swarm_v1_ServiceSpec__Output | null);
  'noResolveImage': (boolean);
}
