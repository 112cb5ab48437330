// Original file: proto/swarm/v1/control.proto

import type { StoreAction as _swarm_v1_StoreAction, StoreAction__Output as _swarm_v1_StoreAction__Output } from '../../swarm/v1/StoreAction.ts';
import type { Long } from '@grpc/proto-loader';

export interface WatchResponse {
  /**
   * Raft index this message brings the watcher to.
   */
  'version'?: (number | string | Long);
  /**
   * Changes in order. The first message: every matching object as CREATE; where they are thousands, several messages
   * of the same version.
   */
  'changes'?: (_swarm_v1_StoreAction)[];
}

export interface WatchResponse__Output {
  /**
   * Raft index this message brings the watcher to.
   */
  'version': (number);
  /**
   * Changes in order. The first message: every matching object as CREATE; where they are thousands, several messages
   * of the same version.
   */
  'changes': (_swarm_v1_StoreAction__Output)[];
}
