// Original file: proto/swarm/v1/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

export interface Registered {
  'sessionId'?: (string);
  /**
   * The worker sends something at least this often.
   */
  'heartbeatPeriodMs'?: (number | string | Long);
}

export interface Registered__Output {
  'sessionId': (string);
  /**
   * The worker sends something at least this often.
   */
  'heartbeatPeriodMs': (number);
}
