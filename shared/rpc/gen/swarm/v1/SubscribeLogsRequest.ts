// Original file: proto/swarm/v1/logs.proto

import type { LogOptions as _swarm_v1_LogOptions, LogOptions__Output as _swarm_v1_LogOptions__Output } from '../../swarm/v1/LogOptions.ts';

export interface SubscribeLogsRequest {
  /**
   * A service or, when there is none, a task: id, name or unique prefix.
   */
  'ref'?: (string);
  'options'?: (_swarm_v1_LogOptions | null);
}

export interface SubscribeLogsRequest__Output {
  /**
   * A service or, when there is none, a task: id, name or unique prefix.
   */
  'ref': (string);
  'options': (_swarm_v1_LogOptions__Output | null);
}
