// Original file: proto/swarm/v1/raft.proto


// Original file: proto/swarm/v1/raft.proto

export const _swarm_v1_RaftFrameAck_Refusal = {
  NONE: 'NONE',
  /**
   * Of another cluster.
   */
  OTHER_CLUSTER: 'OTHER_CLUSTER',
  /**
   * For another raft id than the receiver's.
   */
  OTHER_MEMBER: 'OTHER_MEMBER',
  /**
   * The sender was removed from the group; its id is never used again.
   */
  REMOVED: 'REMOVED',
  /**
   * The certificate is not that of the member the frame claims to be from.
   */
  NOT_THE_SENDER: 'NOT_THE_SENDER',
} as const;

export type _swarm_v1_RaftFrameAck_Refusal =
  | 'NONE'
  | 0
  /**
   * Of another cluster.
   */
  | 'OTHER_CLUSTER'
  | 1
  /**
   * For another raft id than the receiver's.
   */
  | 'OTHER_MEMBER'
  | 2
  /**
   * The sender was removed from the group; its id is never used again.
   */
  | 'REMOVED'
  | 3
  /**
   * The certificate is not that of the member the frame claims to be from.
   */
  | 'NOT_THE_SENDER'
  | 4

export type _swarm_v1_RaftFrameAck_Refusal__Output = typeof _swarm_v1_RaftFrameAck_Refusal[keyof typeof _swarm_v1_RaftFrameAck_Refusal]

/**
 * Sent once, before the receiver ends the stream; a frame that is taken is not acknowledged.
 */
export interface RaftFrameAck {
  'refusal'?: (_swarm_v1_RaftFrameAck_Refusal);
}

/**
 * Sent once, before the receiver ends the stream; a frame that is taken is not acknowledged.
 */
export interface RaftFrameAck__Output {
  'refusal': (_swarm_v1_RaftFrameAck_Refusal__Output);
}
