// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

export interface Healthcheck {
  /**
   * First word NONE, CMD or CMD-SHELL. Empty = the image's.
   */
  'test'?: (string)[];
  /**
   * 0 = 30000.
   */
  'intervalMs'?: (number | string | Long);
  /**
   * 0 = 30000.
   */
  'timeoutMs'?: (number | string | Long);
  /**
   * Failures in a row that make it unhealthy. 0 = 3.
   */
  'retries'?: (number);
  /**
   * Failures in this time after the start do not count. 0 = none.
   */
  'startPeriodMs'?: (number | string | Long);
}

export interface Healthcheck__Output {
  /**
   * First word NONE, CMD or CMD-SHELL. Empty = the image's.
   */
  'test': (string)[];
  /**
   * 0 = 30000.
   */
  'intervalMs': (number);
  /**
   * 0 = 30000.
   */
  'timeoutMs': (number);
  /**
   * Failures in a row that make it unhealthy. 0 = 3.
   */
  'retries': (number);
  /**
   * Failures in this time after the start do not count. 0 = none.
   */
  'startPeriodMs': (number);
}
