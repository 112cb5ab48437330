// Original file: proto/swarm/v1/objects.proto


export interface VirtualIp {
  /**
   * The network the address is on.
   */
  'networkId'?: (string);
  /**
   * Address with prefix length, 10.0.0.2/20.
   */
  'address'?: (string);
}

export interface VirtualIp__Output {
  /**
   * The network the address is on.
   */
  'networkId': (string);
  /**
   * Address with prefix length, 10.0.0.2/20.
   */
  'address': (string);
}
