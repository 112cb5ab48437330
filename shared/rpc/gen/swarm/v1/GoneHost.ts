// Original file: proto/swarm/v1/dispatcher.proto


export interface GoneHost {
  'nodeId'?: (string);
  /**
   * This host also tried to connect to it, more than once, and got no answer at all.
   */
  'unanswered'?: (boolean);
}

export interface GoneHost__Output {
  'nodeId': (string);
  /**
   * This host also tried to connect to it, more than once, and got no answer at all.
   */
  'unanswered': (boolean);
}
