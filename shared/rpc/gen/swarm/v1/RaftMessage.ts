// Original file: proto/swarm/v1/raft.proto

import type { RaftEntry as _swarm_v1_RaftEntry, RaftEntry__Output as _swarm_v1_RaftEntry__Output } from '../../swarm/v1/RaftEntry.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Kinds and fields as in raft/core/message.ts; unused fields keep their default.
 */
export interface RaftMessage {
  'kind'?: (string);
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'term'?: (number | string | Long);
  'logTerm'?: (number | string | Long);
  'index'?: (number | string | Long);
  'commit'?: (number | string | Long);
  'vote'?: (number | string | Long);
  'reject'?: (boolean);
  'rejectHint'?: (number | string | Long);
  'entries'?: (_swarm_v1_RaftEntry)[];
  'context'?: (Buffer | Uint8Array | string);
}

/**
 * Kinds and fields as in raft/core/message.ts; unused fields keep their default.
 */
export interface RaftMessage__Output {
  'kind': (string);
  'from': (number);
  'to': (number);
  'term': (number);
  'logTerm': (number);
  'index': (number);
  'commit': (number);
  'vote': (number);
  'reject': (boolean);
  'rejectHint': (number);
  'entries': (_swarm_v1_RaftEntry__Output)[];
  'context': (Buffer);
}
