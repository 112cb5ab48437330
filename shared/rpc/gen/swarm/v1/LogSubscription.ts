// Original file: proto/swarm/v1/dispatcher.proto

import type { LogOptions as _swarm_v1_LogOptions, LogOptions__Output as _swarm_v1_LogOptions__Output } from '../../swarm/v1/LogOptions.ts';

/**
 * The leader asks for logs of tasks on this host.
 */
export interface LogSubscription {
  /**
   * Names it in PublishLogs.
   */
  'subscriptionId'?: (string);
  'taskIds'?: (string)[];
  'options'?: (_swarm_v1_LogOptions | null);
  /**
   * The reader has gone: stop.
   */
  'close'?: (boolean);
}

/**
 * The leader asks for logs of tasks on this host.
 */
export interface LogSubscription__Output {
  /**
   * Names it in PublishLogs.
   */
  'subscriptionId': (string);
  'taskIds': (string)[];
  'options': (_swarm_v1_LogOptions__Output | null);
  /**
   * The reader has gone: stop.
   */
  'close': (boolean);
}
