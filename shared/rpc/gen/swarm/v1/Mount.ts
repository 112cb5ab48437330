// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_Mount_Type = {
  /**
   * A file or directory of the host.
   */
  BIND: 'BIND',
  /**
   * A directory the host keeps, named or of this task alone.
   */
  VOLUME: 'VOLUME',
  /**
   * Memory, gone with the task.
   */
  TMPFS: 'TMPFS',
} as const;

export type _swarm_v1_Mount_Type =
  /**
   * A file or directory of the host.
   */
  | 'BIND'
  | 0
  /**
   * A directory the host keeps, named or of this task alone.
   */
  | 'VOLUME'
  | 1
  /**
   * Memory, gone with the task.
   */
  | 'TMPFS'
  | 2

export type _swarm_v1_Mount_Type__Output = typeof _swarm_v1_Mount_Type[keyof typeof _swarm_v1_Mount_Type]

export interface Mount {
  /**
   * Default BIND on the wire; swarmctl's default is volume.
   */
  'type'?: (_swarm_v1_Mount_Type);
  /**
   * BIND: an absolute path that exists on the host. VOLUME: its name, "" = a new one for this task. TMPFS: "".
   */
  'source'?: (string);
  /**
   * Absolute path in the container.
   */
  'target'?: (string);
  /**
   * Default false.
   */
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
  /**
   * Default BIND on the wire; swarmctl's default is volume.
   */
  'type': (_swarm_v1_Mount_Type__Output);
  /**
   * BIND: an absolute path that exists on the host. VOLUME: its name, "" = a new one for this task. TMPFS: "".
   */
  'source': (string);
  /**
   * Absolute path in the container.
   */
  'target': (string);
  /**
   * Default false.
   */
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
