// Original file: proto/swarm/v1/local.proto


export interface RemoteManager {
  'nodeId'?: (string);
  'address'?: (string);
}

export interface RemoteManager__Output {
  'nodeId': (string);
  'address': (string);
}
