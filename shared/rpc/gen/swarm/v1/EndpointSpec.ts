// Original file: proto/swarm/v1/objects.proto

import type { PortConfig as _swarm_v1_PortConfig, PortConfig__Output as _swarm_v1_PortConfig__Output } from '../../swarm/v1/PortConfig.ts';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_EndpointSpec_Mode = {
  /**
   * One virtual address for each network.
   */
  VIP: 'VIP',
  /**
   * DNS answers with the tasks' addresses.
   */
  DNSRR: 'DNSRR',
} as const;

export type _swarm_v1_EndpointSpec_Mode =
  /**
   * One virtual address for each network.
   */
  | 'VIP'
  | 0
  /**
   * DNS answers with the tasks' addresses.
   */
  | 'DNSRR'
  | 1

export type _swarm_v1_EndpointSpec_Mode__Output = typeof _swarm_v1_EndpointSpec_Mode[keyof typeof _swarm_v1_EndpointSpec_Mode]

/**
 * How a service is reached, as people want it.
 */
export interface EndpointSpec {
  /**
   * Default VIP.
   */
  'mode'?: (_swarm_v1_EndpointSpec_Mode);
  /**
   * At most 1000. Default: none.
   */
  'ports'?: (_swarm_v1_PortConfig)[];
}

/**
 * How a service is reached, as people want it.
 */
export interface EndpointSpec__Output {
  /**
   * Default VIP.
   */
  'mode': (_swarm_v1_EndpointSpec_Mode__Output);
  /**
   * At most 1000. Default: none.
   */
  'ports': (_swarm_v1_PortConfig__Output)[];
}
