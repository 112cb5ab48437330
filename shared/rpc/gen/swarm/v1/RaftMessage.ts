// Original file: proto/swarm/v1/raft.proto

import type { RaftEntry as _swarm_v1_RaftEntry, RaftEntry__Output as _swarm_v1_RaftEntry__Output } from '../../swarm/v1/RaftEntry.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Kinds and fields as in raft/core/message.ts; fields a kind does not use keep their default.
 */
export interface RaftMessage {
  /**
   * As in raft/core/message.ts: appendEntries, heartbeat, ...
   */
  'kind'?: (string);
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'term'?: (number | string | Long);
  /**
   * Term at `index` (requests), or of the hint (rejections).
   */
  'logTerm'?: (number | string | Long);
  'index'?: (number | string | Long);
  'commit'?: (number | string | Long);
  /**
   * A vote is refused; an append did not match.
   */
  'reject'?: (boolean);
  'rejectHint'?: (number | string | Long);
  'entries'?: (_swarm_v1_RaftEntry)[];
  /**
   * Why a candidate stands: timeout, transfer, leaderGone.
   */
  'reason'?: (string);
  /**
   * A read's token or number; 0 = none.
   */
  'token'?: (number | string | Long);
  /**
   * Term at `commit`, where votes are asked for or answered.
   */
  'commitTerm'?: (number | string | Long);
}

/**
 * Kinds and fields as in raft/core/message.ts; fields a kind does not use keep their default.
 */
export interface RaftMessage__Output {
  /**
   * As in raft/core/message.ts: appendEntries, heartbeat, ...
   */
  'kind': (string);
  'from': (number);
  'to': (number);
  'term': (number);
  /**
   * Term at `index` (requests), or of the hint (rejections).
   */
  'logTerm': (number);
  'index': (number);
  'commit': (number);
  /**
   * A vote is refused; an append did not match.
   */
  'reject': (boolean);
  'rejectHint': (number);
  'entries': (_swarm_v1_RaftEntry__Output)[];
  /**
   * Why a candidate stands: timeout, transfer, leaderGone.
   */
  'reason': (string);
  /**
   * A read's token or number; 0 = none.
   */
  'token': (number);
  /**
   * Term at `commit`, where votes are asked for or answered.
   */
  'commitTerm': (number);
}
