// Original file: proto/swarm/v1/raft.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/raft.proto

export const _swarm_v1_RaftEntry_Kind = {
  NORMAL: 'NORMAL',
  /**
   * `data` is a ConfChange.
   */
  CONF_CHANGE: 'CONF_CHANGE',
} as const;

export type _swarm_v1_RaftEntry_Kind =
  | 'NORMAL'
  | 0
  /**
   * `data` is a ConfChange.
   */
  | 'CONF_CHANGE'
  | 1

export type _swarm_v1_RaftEntry_Kind__Output = typeof _swarm_v1_RaftEntry_Kind[keyof typeof _swarm_v1_RaftEntry_Kind]

export interface RaftEntry {
  'term'?: (number | string | Long);
  'index'?: (number | string | Long);
  'kind'?: (_swarm_v1_RaftEntry_Kind);
  'data'?: (Buffer | Uint8Array | string);
}

export interface RaftEntry__Output {
  'term': (number);
  'index': (number);
  'kind': (_swarm_v1_RaftEntry_Kind__Output);
  'data': (Buffer);
}
