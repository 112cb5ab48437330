// Original file: proto/swarm/v1/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/dispatcher.proto

export const _swarm_v1_LogLine_Stream = {
  STDOUT: 'STDOUT',
  STDERR: 'STDERR',
} as const;

export type _swarm_v1_LogLine_Stream =
  | 'STDOUT'
  | 0
  | 'STDERR'
  | 1

export type _swarm_v1_LogLine_Stream__Output = typeof _swarm_v1_LogLine_Stream[keyof typeof _swarm_v1_LogLine_Stream]

export interface LogLine {
  'taskId'?: (string);
  'nodeId'?: (string);
  /**
   * Unix nanoseconds do not fit a safe integer: milliseconds here, nanoseconds below.
   */
  'timestampMs'?: (number | string | Long);
  /**
   * 0..999999, nanoseconds within the millisecond.
   */
  'nanos'?: (number);
  'stream'?: (_swarm_v1_LogLine_Stream);
  /**
   * Without the line end.
   */
  'text'?: (Buffer | Uint8Array | string);
}

export interface LogLine__Output {
  'taskId': (string);
  'nodeId': (string);
  /**
   * Unix nanoseconds do not fit a safe integer: milliseconds here, nanoseconds below.
   */
  'timestampMs': (number);
  /**
   * 0..999999, nanoseconds within the millisecond.
   */
  'nanos': (number);
  'stream': (_swarm_v1_LogLine_Stream__Output);
  /**
   * Without the line end.
   */
  'text': (Buffer);
}
