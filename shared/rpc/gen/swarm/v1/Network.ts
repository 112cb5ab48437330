// Original file: proto/swarm/v1/objects.proto

import type { Meta as _swarm_v1_Meta, Meta__Output as _swarm_v1_Meta__Output } from '../../swarm/v1/Meta.ts';
import type { NetworkSpec as _swarm_v1_NetworkSpec, NetworkSpec__Output as _swarm_v1_NetworkSpec__Output } from '../../swarm/v1/NetworkSpec.ts';

export interface Network {
  /**
   * 25 characters of base 36. Written once.
   */
  'id'?: (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta'?: (_swarm_v1_Meta | null);
  /**
   * Written by people; the ingress network's with the cluster.
   */
  'spec'?: (_swarm_v1_NetworkSpec | null);
  /**
   * VXLAN network identifier, 4096..16777215. Written by the allocator.
   */
  'vni'?: (number);
  /**
   * CIDR of the network. Written by the allocator.
   */
  'subnet'?: (string);
  /**
   * First usable address, without prefix length. Written by the allocator.
   */
  'gateway'?: (string);
}

export interface Network__Output {
  /**
   * 25 characters of base 36. Written once.
   */
  'id': (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta': (_swarm_v1_Meta__Output | null);
  /**
   * Written by people; the ingress network's with the cluster.
   */
  'spec': (_swarm_v1_NetworkSpec__Output | null);
  /**
   * VXLAN network identifier, 4096..16777215. Written by the allocator.
   */
  'vni': (number);
  /**
   * CIDR of the network. Written by the allocator.
   */
  'subnet': (string);
  /**
   * First usable address, without prefix length. Written by the allocator.
   */
  'gateway': (string);
}
