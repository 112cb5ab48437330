// Original file: proto/swarm/v1/objects.proto


export interface ContainerStatus {
  'containerId'?: (string);
  /**
   * Process id on its host; 0 = not running.
   */
  'pid'?: (number);
  /**
   * Meaningful in a final state.
   */
  'exitCode'?: (number);
}

export interface ContainerStatus__Output {
  'containerId': (string);
  /**
   * Process id on its host; 0 = not running.
   */
  'pid': (number);
  /**
   * Meaningful in a final state.
   */
  'exitCode': (number);
}
