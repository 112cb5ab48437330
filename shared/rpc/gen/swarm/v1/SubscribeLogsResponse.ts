// Original file: proto/swarm/v1/logs.proto

import type { LogLine as _swarm_v1_LogLine, LogLine__Output as _swarm_v1_LogLine__Output } from '../../swarm/v1/LogLine.ts';

export interface SubscribeLogsResponse {
  'lines'?: (_swarm_v1_LogLine)[];
  /**
   * Sentences about hosts whose logs could not be had; the others' still come.
   */
  'errors'?: (string)[];
}

export interface SubscribeLogsResponse__Output {
  'lines': (_swarm_v1_LogLine__Output)[];
  /**
   * Sentences about hosts whose logs could not be had; the others' still come.
   */
  'errors': (string)[];
}
