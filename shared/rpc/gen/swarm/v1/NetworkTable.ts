// Original file: proto/swarm/v1/dispatcher.proto

import type { Network as _swarm_v1_Network, Network__Output as _swarm_v1_Network__Output } from '../../swarm/v1/Network.ts';
import type { NetworkHost as _swarm_v1_NetworkHost, NetworkHost__Output as _swarm_v1_NetworkHost__Output } from '../../swarm/v1/NetworkHost.ts';
import type { NetworkEndpoint as _swarm_v1_NetworkEndpoint, NetworkEndpoint__Output as _swarm_v1_NetworkEndpoint__Output } from '../../swarm/v1/NetworkEndpoint.ts';
import type { NetworkService as _swarm_v1_NetworkService, NetworkService__Output as _swarm_v1_NetworkService__Output } from '../../swarm/v1/NetworkService.ts';

/**
 * Everything a host needs to carry one network.
 */
export interface NetworkTable {
  'network'?: (_swarm_v1_Network | null);
  /**
   * Every host that takes part, this one too.
   */
  'hosts'?: (_swarm_v1_NetworkHost)[];
  /**
   * Every task endpoint, wherever it runs.
   */
  'endpoints'?: (_swarm_v1_NetworkEndpoint)[];
  /**
   * Services on it, with virtual addresses and published ports.
   */
  'services'?: (_swarm_v1_NetworkService)[];
  /**
   * VXLAN UDP port.
   */
  'dataPathPort'?: (number);
}

/**
 * Everything a host needs to carry one network.
 */
export interface NetworkTable__Output {
  'network': (_swarm_v1_Network__Output | null);
  /**
   * Every host that takes part, this one too.
   */
  'hosts': (_swarm_v1_NetworkHost__Output)[];
  /**
   * Every task endpoint, wherever it runs.
   */
  'endpoints': (_swarm_v1_NetworkEndpoint__Output)[];
  /**
   * Services on it, with virtual addresses and published ports.
   */
  'services': (_swarm_v1_NetworkService__Output)[];
  /**
   * VXLAN UDP port.
   */
  'dataPathPort': (number);
}
