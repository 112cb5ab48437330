// Original file: proto/swarm/v1/raft.proto

import type { ConfState as _swarm_v1_ConfState, ConfState__Output as _swarm_v1_ConfState__Output } from '../../swarm/v1/ConfState.ts';
import type { RaftMember as _swarm_v1_RaftMember, RaftMember__Output as _swarm_v1_RaftMember__Output } from '../../swarm/v1/RaftMember.ts';
import type { Long } from '@grpc/proto-loader';

export interface SnapshotMeta {
  'index'?: (number | string | Long);
  'term'?: (number | string | Long);
  'confState'?: (_swarm_v1_ConfState | null);
  'members'?: (_swarm_v1_RaftMember)[];
  /**
   * Ids that left the group; never used again.
   */
  'removed'?: (number | string | Long)[];
}

export interface SnapshotMeta__Output {
  'index': (number);
  'term': (number);
  'confState': (_swarm_v1_ConfState__Output | null);
  'members': (_swarm_v1_RaftMember__Output)[];
  /**
   * Ids that left the group; never used again.
   */
  'removed': (number)[];
}
