// Original file: proto/swarm/v1/objects.proto


/**
 * A task's wish to join a network.
 */
export interface NetworkAttachmentConfig {
  /**
   * Network id.
   */
  'target'?: (string);
  /**
   * Further names by which its peers find it.
   */
  'aliases'?: (string)[];
}

/**
 * A task's wish to join a network.
 */
export interface NetworkAttachmentConfig__Output {
  /**
   * Network id.
   */
  'target': (string);
  /**
   * Further names by which its peers find it.
   */
  'aliases': (string)[];
}
