// Original file: proto/swarm/v1/raft.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/raft.proto

export const _swarm_v1_ConfChangeSingle_Kind = {
  ADD_VOTER: 'ADD_VOTER',
  REMOVE: 'REMOVE',
  UPDATE: 'UPDATE',
  ADD_LEARNER: 'ADD_LEARNER',
} as const;

export type _swarm_v1_ConfChangeSingle_Kind =
  | 'ADD_VOTER'
  | 0
  | 'REMOVE'
  | 1
  | 'UPDATE'
  | 2
  | 'ADD_LEARNER'
  | 3

export type _swarm_v1_ConfChangeSingle_Kind__Output = typeof _swarm_v1_ConfChangeSingle_Kind[keyof typeof _swarm_v1_ConfChangeSingle_Kind]

export interface ConfChangeSingle {
  'kind'?: (_swarm_v1_ConfChangeSingle_Kind);
  'raftId'?: (number | string | Long);
}

export interface ConfChangeSingle__Output {
  'kind': (_swarm_v1_ConfChangeSingle_Kind__Output);
  'raftId': (number);
}
