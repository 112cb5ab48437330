// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * An amount of what a host has.
 */
export interface Resources {
  /**
   * Billionths of one CPU. 0 = none asked, or no limit.
   */
  'nanoCpus'?: (number | string | Long);
  /**
   * Bytes. 0 = none asked, or no limit.
   */
  'memoryBytes'?: (number | string | Long);
  /**
   * Most processes and threads. 0 = no limit. Only for limits.
   */
  'pids'?: (number | string | Long);
}

/**
 * An amount of what a host has.
 */
export interface Resources__Output {
  /**
   * Billionths of one CPU. 0 = none asked, or no limit.
   */
  'nanoCpus': (number);
  /**
   * Bytes. 0 = none asked, or no limit.
   */
  'memoryBytes': (number);
  /**
   * Most processes and threads. 0 = no limit. Only for limits.
   */
  'pids': (number);
}
