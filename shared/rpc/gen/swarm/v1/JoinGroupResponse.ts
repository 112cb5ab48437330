// Original file: proto/swarm/v1/raft.proto

import type { RaftMember as _swarm_v1_RaftMember, RaftMember__Output as _swarm_v1_RaftMember__Output } from '../../swarm/v1/RaftMember.ts';
import type { Long } from '@grpc/proto-loader';

export interface JoinGroupResponse {
  'raftId'?: (number | string | Long);
  'members'?: (_swarm_v1_RaftMember)[];
}

export interface JoinGroupResponse__Output {
  'raftId': (number);
  'members': (_swarm_v1_RaftMember__Output)[];
}
