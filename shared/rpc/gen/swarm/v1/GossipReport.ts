// Original file: proto/swarm/v1/dispatcher.proto

import type { GoneHost as _swarm_v1_GoneHost, GoneHost__Output as _swarm_v1_GoneHost__Output } from '../../swarm/v1/GoneHost.ts';

/**
 * Hosts that gossip has as dead or left. No report at all = the host does not gossip (yet).
 */
export interface GossipReport {
  /**
   * At most 10000.
   */
  'gone'?: (_swarm_v1_GoneHost)[];
}

/**
 * Hosts that gossip has as dead or left. No report at all = the host does not gossip (yet).
 */
export interface GossipReport__Output {
  /**
   * At most 10000.
   */
  'gone': (_swarm_v1_GoneHost__Output)[];
}
