// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_RestartPolicy_Condition = {
  /**
   * Whenever it has ended.
   */
  ANY: 'ANY',
  /**
   * Only when it ended with an error.
   */
  ON_FAILURE: 'ON_FAILURE',
  /**
   * Never.
   */
  NONE: 'NONE',
} as const;

export type _swarm_v1_RestartPolicy_Condition =
  /**
   * Whenever it has ended.
   */
  | 'ANY'
  | 0
  /**
   * Only when it ended with an error.
   */
  | 'ON_FAILURE'
  | 1
  /**
   * Never.
   */
  | 'NONE'
  | 2

export type _swarm_v1_RestartPolicy_Condition__Output = typeof _swarm_v1_RestartPolicy_Condition[keyof typeof _swarm_v1_RestartPolicy_Condition]

export interface RestartPolicy {
  /**
   * Default ANY.
   */
  'condition'?: (_swarm_v1_RestartPolicy_Condition);
  /**
   * Wait before a replacement starts. Absent = 5000.
   */
  'delayMs'?: (number | string | Long);
  /**
   * Most replacements; 0 = unlimited.
   */
  'maxAttempts'?: (number | string | Long);
  /**
   * Only replacements in this time count as attempts; 0 = all.
   */
  'windowMs'?: (number | string | Long);
  '_delayMs'?: "delayMs";
}

export interface RestartPolicy__Output {
  /**
   * Default ANY.
   */
  'condition': (_swarm_v1_RestartPolicy_Condition__Output);
  /**
   * Wait before a replacement starts. Absent = 5000.
   */
  'delayMs'?: (number);
  /**
   * Most replacements; 0 = unlimited.
   */
  'maxAttempts': (number);
  /**
   * Only replacements in this time count as attempts; 0 = all.
   */
  'windowMs': (number);
  '_delayMs'?: "delayMs";
}
