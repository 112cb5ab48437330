// Original file: proto/swarm/v1/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

export interface LogOptions {
  /**
   * Go on as lines come.
   */
  'follow'?: (boolean);
  /**
   * Lines from the end of each task; negative = all.
   */
  'tail'?: (number | string | Long);
  /**
   * Only lines at or after this instant; 0 = all.
   */
  'sinceMs'?: (number | string | Long);
}

export interface LogOptions__Output {
  /**
   * Go on as lines come.
   */
  'follow': (boolean);
  /**
   * Lines from the end of each task; negative = all.
   */
  'tail': (number);
  /**
   * Only lines at or after this instant; 0 = all.
   */
  'sinceMs': (number);
}
