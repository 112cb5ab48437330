// Original file: proto/swarm/v1/dispatcher.proto


export interface NetworkHost {
  'nodeId'?: (string);
  /**
   * Where VXLAN packets for it go: an IP address.
   */
  'dataPathAddress'?: (string);
  /**
   * The host's own address on the network, with prefix length.
   */
  'address'?: (string);
  /**
   * Its hostname, for messages.
   */
  'hostname'?: (string);
  /**
   * The leader hears it: its session speaks, whatever gossip says of it.
   */
  'heard'?: (boolean);
}

export interface NetworkHost__Output {
  'nodeId': (string);
  /**
   * Where VXLAN packets for it go: an IP address.
   */
  'dataPathAddress': (string);
  /**
   * The host's own address on the network, with prefix length.
   */
  'address': (string);
  /**
   * Its hostname, for messages.
   */
  'hostname': (string);
  /**
   * The leader hears it: its session speaks, whatever gossip says of it.
   */
  'heard': (boolean);
}
