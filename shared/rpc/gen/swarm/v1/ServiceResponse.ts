// Original file: proto/swarm/v1/control.proto

import type { Service as _swarm_v1_Service, Service__Output as _swarm_v1_Service__Output } from '../../swarm/v1/Service.ts';

export interface ServiceResponse {
  'service'?: (_swarm_v1_Service | null);
  /**
   * Sentences for stderr, such as an image that could not be pinned.
   */
  'warnings'?: (string)[];
}

export interface ServiceResponse__Output {
  'service': (_swarm_v1_Service__Output | null);
  /**
   * Sentences for stderr, such as an image that could not be pinned.
   */
  'warnings': (string)[];
}
