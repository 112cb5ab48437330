// Original file: proto/swarm/v1/raft.proto

import type { SnapshotMeta as _swarm_v1_SnapshotMeta, SnapshotMeta__Output as _swarm_v1_SnapshotMeta__Output } from '../../swarm/v1/SnapshotMeta.ts';
import type { Long } from '@grpc/proto-loader';

export interface SnapshotChunk {
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'clusterId'?: (string);
  /**
   * Sender's term.
   */
  'term'?: (number | string | Long);
  /**
   * On the first chunk only.
   */
  'meta'?: (_swarm_v1_SnapshotMeta | null);
  /**
   * At most 1 MiB.
   */
  'data'?: (Buffer | Uint8Array | string);
  'last'?: (boolean);
  /**
   * HOST:PORT where the sender listens. On the first chunk only.
   */
  'address'?: (string);
  /**
   * Where `data` begins: what the receiver said it has. On the first chunk only.
   */
  'offset'?: (number | string | Long);
  /**
   * Of the whole snapshot. On the first chunk only.
   */
  'bytes'?: (number | string | Long);
}

export interface SnapshotChunk__Output {
  'from': (number);
  'to': (number);
  'clusterId': (string);
  /**
   * Sender's term.
   */
  'term': (number);
  /**
   * On the first chunk only.
   */
  'meta': (_swarm_v1_SnapshotMeta__Output | null);
  /**
   * At most 1 MiB.
   */
  'data': (Buffer);
  'last': (boolean);
  /**
   * HOST:PORT where the sender listens. On the first chunk only.
   */
  'address': (string);
  /**
   * Where `data` begins: what the receiver said it has. On the first chunk only.
   */
  'offset': (number);
  /**
   * Of the whole snapshot. On the first chunk only.
   */
  'bytes': (number);
}
