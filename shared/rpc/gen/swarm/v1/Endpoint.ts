// Original file: proto/swarm/v1/objects.proto

import type { _swarm_v1_EndpointSpec_Mode, _swarm_v1_EndpointSpec_Mode__Output } from '../../swarm/v1/EndpointSpec.ts';
import type { PortConfig as _swarm_v1_PortConfig, PortConfig__Output as _swarm_v1_PortConfig__Output } from '../../swarm/v1/PortConfig.ts';
import type { VirtualIp as _swarm_v1_VirtualIp, VirtualIp__Output as _swarm_v1_VirtualIp__Output } from '../../swarm/v1/VirtualIp.ts';

/**
 * How a service is reached, as allocated.
 */
export interface Endpoint {
  /**
   * Copy of the spec's.
   */
  'mode'?: (_swarm_v1_EndpointSpec_Mode);
  /**
   * Every port with its published number.
   */
  'ports'?: (_swarm_v1_PortConfig)[];
  /**
   * One for each network of a VIP service; none in DNSRR mode.
   */
  'virtualIps'?: (_swarm_v1_VirtualIp)[];
}

/**
 * How a service is reached, as allocated.
 */
export interface Endpoint__Output {
  /**
   * Copy of the spec's.
   */
  'mode': (_swarm_v1_EndpointSpec_Mode__Output);
  /**
   * Every port with its published number.
   */
  'ports': (_swarm_v1_PortConfig__Output)[];
  /**
   * One for each network of a VIP service; none in DNSRR mode.
   */
  'virtualIps': (_swarm_v1_VirtualIp__Output)[];
}
