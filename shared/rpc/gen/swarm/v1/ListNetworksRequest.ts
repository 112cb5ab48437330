// Original file: proto/swarm/v1/control.proto


export interface ListNetworksRequest {
  'idPrefixes'?: (string)[];
  'namePrefixes'?: (string)[];
}

export interface ListNetworksRequest__Output {
  'idPrefixes': (string)[];
  'namePrefixes': (string)[];
}
