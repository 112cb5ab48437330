// Original file: proto/swarm/v1/objects.proto


export interface JoinTokens {
  /**
   * SWMTKN-1-DIGEST-SECRET; lets a host become a worker.
   */
  'worker'?: (string);
  /**
   * The same for managers.
   */
  'manager'?: (string);
}

export interface JoinTokens__Output {
  /**
   * SWMTKN-1-DIGEST-SECRET; lets a host become a worker.
   */
  'worker': (string);
  /**
   * The same for managers.
   */
  'manager': (string);
}
