// Original file: proto/swarm/v1/objects.proto


/**
 * An address on a network, of a task or a host.
 */
export interface NetworkAttachment {
  /**
   * The network the address is on.
   */
  'networkId'?: (string);
  /**
   * Address with prefix length.
   */
  'address'?: (string);
  /**
   * Further names by which its peers find it. Default: none.
   */
  'aliases'?: (string)[];
}

/**
 * An address on a network, of a task or a host.
 */
export interface NetworkAttachment__Output {
  /**
   * The network the address is on.
   */
  'networkId': (string);
  /**
   * Address with prefix length.
   */
  'address': (string);
  /**
   * Further names by which its peers find it. Default: none.
   */
  'aliases': (string)[];
}
