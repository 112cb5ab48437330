// Original file: proto/swarm/v1/raft.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Members, by their id in the Raft group.
 */
export interface RaftMember {
  'raftId'?: (number | string | Long);
  'nodeId'?: (string);
  /**
   * HOST:PORT.
   */
  'address'?: (string);
}

/**
 * Members, by their id in the Raft group.
 */
export interface RaftMember__Output {
  'raftId': (number);
  'nodeId': (string);
  /**
   * HOST:PORT.
   */
  'address': (string);
}
