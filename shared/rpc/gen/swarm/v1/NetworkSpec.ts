// Original file: proto/swarm/v1/objects.proto

import type { Annotations as _swarm_v1_Annotations, Annotations__Output as _swarm_v1_Annotations__Output } from '../../swarm/v1/Annotations.ts';

export interface NetworkSpec {
  /**
   * The name is unique among networks, ignoring case.
   */
  'annotations'?: (_swarm_v1_Annotations | null);
  /**
   * Carries published ports; exactly one network does.
   */
  'ingress'?: (boolean);
  /**
   * Asked-for CIDR; "" = the allocator chooses.
   */
  'subnet'?: (string);
  /**
   * Wants no way out of the network.
   */
  'internal'?: (boolean);
  /**
   * Largest packet inside the network; 0 = the host link's less 50.
   */
  'mtu'?: (number);
}

export interface NetworkSpec__Output {
  /**
   * The name is unique among networks, ignoring case.
   */
  'annotations': (_swarm_v1_Annotations__Output | null);
  /**
   * Carries published ports; exactly one network does.
   */
  'ingress': (boolean);
  /**
   * Asked-for CIDR; "" = the allocator chooses.
   */
  'subnet': (string);
  /**
   * Wants no way out of the network.
   */
  'internal': (boolean);
  /**
   * Largest packet inside the network; 0 = the host link's less 50.
   */
  'mtu': (number);
}
