// Original file: proto/swarm/v1/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

export interface StatusAccepted {
  'number'?: (number | string | Long);
}

export interface StatusAccepted__Output {
  'number': (number);
}
