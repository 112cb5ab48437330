// Original file: proto/swarm/v1/objects.proto


/**
 * An address on a network, of a task or a host.
 */
export interface NetworkAttachment {
  'networkId'?: (string);
  /**
   * Address with prefix length.
   */
  'address'?: (string);
  'aliases'?: (string)[];
}

/**
 * An address on a network, of a task or a host.
 */
export interface NetworkAttachment__Output {
  'networkId': (string);
  /**
   * Address with prefix length.
   */
  'address': (string);
  'aliases': (string)[];
}
