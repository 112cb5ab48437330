// Original file: proto/swarm/v1/raft.proto

import type { Long } from '@grpc/proto-loader';

export interface SnapshotProgressRequest {
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'clusterId'?: (string);
  /**
   * Which snapshot, and how long it is.
   */
  'index'?: (number | string | Long);
  'term'?: (number | string | Long);
  'bytes'?: (number | string | Long);
}

export interface SnapshotProgressRequest__Output {
  'from': (number);
  'to': (number);
  'clusterId': (string);
  /**
   * Which snapshot, and how long it is.
   */
  'index': (number);
  'term': (number);
  'bytes': (number);
}
