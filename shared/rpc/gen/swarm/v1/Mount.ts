// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_Mount_Type = {
  BIND: 'BIND',
  VOLUME: 'VOLUME',
  TMPFS: 'TMPFS',
} as const;

export type _swarm_v1_Mount_Type =
  | 'BIND'
  | 0
  | 'VOLUME'
  | 1
  | 'TMPFS'
  | 2

export type _swarm_v1_Mount_Type__Output = typeof _swarm_v1_Mount_Type[keyof typeof _swarm_v1_Mount_Type]

export interface Mount {
  'type'?: (_swarm_v1_Mount_Type);
  /**
   * BIND: an absolute path that exists on the host. VOLUME: its name, "" = a new one for this task. TMPFS: "".
   */
  'source'?: (string);
  /**
   * Absolute path in the container.
   */
  'target'?: (string);
  'readOnly'?: (boolean);
  /**
   * TMPFS only; 0 = unlimited.
   */
  'tmpfsSizeBytes'?: (number | string | Long);
  /**
   * TMPFS only; permission bits, 0 = 01777.
   */
  'tmpfsMode'?: (number);
}

export interface Mount__Output {
  'type': (_swarm_v1_Mount_Type__Output);
  /**
   * BIND: an absolute path that exists on the host. VOLUME: its name, "" = a new one for this task. TMPFS: "".
   */
  'source': (string);
  /**
   * Absolute path in the container.
   */
  'target': (string);
  'readOnly': (boolean);
  /**
   * TMPFS only; 0 = unlimited.
   */
  'tmpfsSizeBytes': (number);
  /**
   * TMPFS only; permission bits, 0 = 01777.
   */
  'tmpfsMode': (number);
}
