// Original file: proto/swarm/v1/objects.proto


export interface ContainerStatus {
  /**
   * The container's id in the OCI runtime: the task's id. Written by the worker.
   */
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
  /**
   * The container's id in the OCI runtime: the task's id. Written by the worker.
   */
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
