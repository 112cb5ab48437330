// Original file: proto/swarm/v1/dispatcher.proto

import type { PortConfig as _swarm_v1_PortConfig, PortConfig__Output as _swarm_v1_PortConfig__Output } from '../../swarm/v1/PortConfig.ts';

export interface NetworkService {
  'serviceId'?: (string);
  'name'?: (string);
  /**
   * Without prefix length; "" = none.
   */
  'virtualIp'?: (string);
  /**
   * Only ingress-mode ports, and only in the ingress network's table.
   */
  'ports'?: (_swarm_v1_PortConfig)[];
}

export interface NetworkService__Output {
  'serviceId': (string);
  'name': (string);
  /**
   * Without prefix length; "" = none.
   */
  'virtualIp': (string);
  /**
   * Only ingress-mode ports, and only in the ingress network's table.
   */
  'ports': (_swarm_v1_PortConfig__Output)[];
}
