// Original file: proto/swarm/v1/local.proto

import type { _swarm_v1_NodeSpec_Availability, _swarm_v1_NodeSpec_Availability__Output } from '../../swarm/v1/NodeSpec.ts';

export interface InitRequest {
  /**
   * IP, IP:PORT or INTERFACE[:PORT]; "" = the host's only address.
   */
  'advertiseAddress'?: (string);
  /**
   * IP[:PORT] to listen on; "" = the daemon's flag.
   */
  'listenAddress'?: (string);
  'availability'?: (_swarm_v1_NodeSpec_Availability);
  /**
   * IP or interface for overlay traffic; "" = the advertise address.
   */
  'dataPathAddress'?: (string);
}

export interface InitRequest__Output {
  /**
   * IP, IP:PORT or INTERFACE[:PORT]; "" = the host's only address.
   */
  'advertiseAddress': (string);
  /**
   * IP[:PORT] to listen on; "" = the daemon's flag.
   */
  'listenAddress': (string);
  'availability': (_swarm_v1_NodeSpec_Availability__Output);
  /**
   * IP or interface for overlay traffic; "" = the advertise address.
   */
  'dataPathAddress': (string);
}
