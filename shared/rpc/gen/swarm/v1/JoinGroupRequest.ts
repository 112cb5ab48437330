// Original file: proto/swarm/v1/raft.proto


export interface JoinGroupRequest {
  /**
   * HOST:PORT where the new member listens.
   */
  'address'?: (string);
}

export interface JoinGroupRequest__Output {
  /**
   * HOST:PORT where the new member listens.
   */
  'address': (string);
}
