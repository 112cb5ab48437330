// Original file: proto/swarm/v1/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The worker has applied everything up to this revision: its kernel tables match.
 */
export interface Applied {
  'revision'?: (number | string | Long);
}

/**
 * The worker has applied everything up to this revision: its kernel tables match.
 */
export interface Applied__Output {
  'revision': (number);
}
