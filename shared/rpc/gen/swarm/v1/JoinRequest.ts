// Original file: proto/swarm/v1/local.proto

import type { _swarm_v1_NodeSpec_Availability, _swarm_v1_NodeSpec_Availability__Output } from '../../swarm/v1/NodeSpec.ts';

export interface JoinRequest {
  /**
   * HOST:PORT of managers, any of which may answer.
   */
  'remoteAddresses'?: (string)[];
  'token'?: (string);
  'advertiseAddress'?: (string);
  'listenAddress'?: (string);
  'availability'?: (_swarm_v1_NodeSpec_Availability);
  'dataPathAddress'?: (string);
}

export interface JoinRequest__Output {
  /**
   * HOST:PORT of managers, any of which may answer.
   */
  'remoteAddresses': (string)[];
  'token': (string);
  'advertiseAddress': (string);
  'listenAddress': (string);
  'availability': (_swarm_v1_NodeSpec_Availability__Output);
  'dataPathAddress': (string);
}
