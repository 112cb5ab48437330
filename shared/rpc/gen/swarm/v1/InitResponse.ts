// Original file: proto/swarm/v1/local.proto


export interface InitResponse {
  'nodeId'?: (string);
}

export interface InitResponse__Output {
  'nodeId': (string);
}
