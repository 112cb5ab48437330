// Original file: proto/swarm/v1/raft.proto

import type { RaftMessage as _swarm_v1_RaftMessage, RaftMessage__Output as _swarm_v1_RaftMessage__Output } from '../../swarm/v1/RaftMessage.ts';
import type { Long } from '@grpc/proto-loader';

export interface RaftFrame {
  /**
   * Sender's and receiver's raft ids; a frame for another id is refused.
   */
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  /**
   * Cluster id; a frame of another cluster is refused.
   */
  'clusterId'?: (string);
  /**
   * In order.
   */
  'messages'?: (_swarm_v1_RaftMessage)[];
  /**
   * HOST:PORT where the sender listens: the receiver may not know it yet, and answers go there.
   */
  'address'?: (string);
  /**
   * The receiver was removed from the group; nothing follows.
   */
  'removed'?: (boolean);
}

export interface RaftFrame__Output {
  /**
   * Sender's and receiver's raft ids; a frame for another id is refused.
   */
  'from': (number);
  'to': (number);
  /**
   * Cluster id; a frame of another cluster is refused.
   */
  'clusterId': (string);
  /**
   * In order.
   */
  'messages': (_swarm_v1_RaftMessage__Output)[];
  /**
   * HOST:PORT where the sender listens: the receiver may not know it yet, and answers go there.
   */
  'address': (string);
  /**
   * The receiver was removed from the group; nothing follows.
   */
  'removed': (boolean);
}
