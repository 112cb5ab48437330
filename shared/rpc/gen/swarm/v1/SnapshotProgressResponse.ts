// Original file: proto/swarm/v1/raft.proto

import type { Long } from '@grpc/proto-loader';

export interface SnapshotProgressResponse {
  'receivedBytes'?: (number | string | Long);
}

export interface SnapshotProgressResponse__Output {
  'receivedBytes': (number);
}
