// Original file: proto/swarm/v1/objects.proto

import type { Platform as _swarm_v1_Platform, Platform__Output as _swarm_v1_Platform__Output } from '../../swarm/v1/Platform.ts';
import type { Resources as _swarm_v1_Resources, Resources__Output as _swarm_v1_Resources__Output } from '../../swarm/v1/Resources.ts';

/**
 * What a host says about itself when its session opens and when it changes.
 */
export interface NodeDescription {
  /**
   * As the host calls itself; not unique. At most 255 characters.
   */
  'hostname'?: (string);
  /**
   * What its kernel runs.
   */
  'platform'?: (_swarm_v1_Platform | null);
  /**
   * All the host has; the scheduler subtracts reservations.
   */
  'resources'?: (_swarm_v1_Resources | null);
  /**
   * swarmd's version.
   */
  'engineVersion'?: (string);
  /**
   * Labels given on the daemon's command line, usable as `engine.labels.KEY`.
   */
  'engineLabels'?: ({[key: string]: string});
  /**
   * Where other hosts send overlay traffic (VXLAN): an IP address.
   */
  'dataPathAddress'?: (string);
}

/**
 * What a host says about itself when its session opens and when it changes.
 */
export interface NodeDescription__Output {
  /**
   * As the host calls itself; not unique. At most 255 characters.
   */
  'hostname': (string);
  /**
   * What its kernel runs.
   */
  'platform': (_swarm_v1_Platform__Output | null);
  /**
   * All the host has; the scheduler subtracts reservations.
   */
  'resources': (_swarm_v1_Resources__Output | null);
  /**
   * swarmd's version.
   */
  'engineVersion': (string);
  /**
   * Labels given on the daemon's command line, usable as `engine.labels.KEY`.
   */
  'engineLabels': ({[key: string]: string});
  /**
   * Where other hosts send overlay traffic (VXLAN): an IP address.
   */
  'dataPathAddress': (string);
}
