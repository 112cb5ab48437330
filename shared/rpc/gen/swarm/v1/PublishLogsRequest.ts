// Original file: proto/swarm/v1/dispatcher.proto

import type { LogLine as _swarm_v1_LogLine, LogLine__Output as _swarm_v1_LogLine__Output } from '../../swarm/v1/LogLine.ts';

export interface PublishLogsRequest {
  'subscriptionId'?: (string);
  'lines'?: (_swarm_v1_LogLine)[];
  /**
   * Sentences about logs that could not be had.
   */
  'errors'?: (string)[];
}

export interface PublishLogsRequest__Output {
  'subscriptionId': (string);
  'lines': (_swarm_v1_LogLine__Output)[];
  /**
   * Sentences about logs that could not be had.
   */
  'errors': (string)[];
}
