// Original file: proto/swarm/v1/control.proto


export interface RemoveNodeRequest {
  'ref'?: (string);
  /**
   * Also when the node is ready.
   */
  'force'?: (boolean);
}

export interface RemoveNodeRequest__Output {
  'ref': (string);
  /**
   * Also when the node is ready.
   */
  'force': (boolean);
}
