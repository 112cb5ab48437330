// Original file: proto/swarm/v1/raft.proto

import type { ConfChangeSingle as _swarm_v1_ConfChangeSingle, ConfChangeSingle__Output as _swarm_v1_ConfChangeSingle__Output } from '../../swarm/v1/ConfChangeSingle.ts';
import type { RaftMember as _swarm_v1_RaftMember, RaftMember__Output as _swarm_v1_RaftMember__Output } from '../../swarm/v1/RaftMember.ts';

// Original file: proto/swarm/v1/raft.proto

export const _swarm_v1_ConfChange_Transition = {
  AUTO: 'AUTO',
  JOINT_IMPLICIT: 'JOINT_IMPLICIT',
  JOINT_EXPLICIT: 'JOINT_EXPLICIT',
} as const;

export type _swarm_v1_ConfChange_Transition =
  | 'AUTO'
  | 0
  | 'JOINT_IMPLICIT'
  | 1
  | 'JOINT_EXPLICIT'
  | 2

export type _swarm_v1_ConfChange_Transition__Output = typeof _swarm_v1_ConfChange_Transition[keyof typeof _swarm_v1_ConfChange_Transition]

/**
 * What a configuration change entry carries.
 */
export interface ConfChange {
  'transition'?: (_swarm_v1_ConfChange_Transition);
  'changes'?: (_swarm_v1_ConfChangeSingle)[];
  /**
   * The member being added, so that everyone learns its address.
   */
  'member'?: (_swarm_v1_RaftMember | null);
}

/**
 * What a configuration change entry carries.
 */
export interface ConfChange__Output {
  'transition': (_swarm_v1_ConfChange_Transition__Output);
  'changes': (_swarm_v1_ConfChangeSingle__Output)[];
  /**
   * The member being added, so that everyone learns its address.
   */
  'member': (_swarm_v1_RaftMember__Output | null);
}
