// Original file: proto/swarm/v1/dispatcher.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';
import type { GossipKeys as _swarm_v1_GossipKeys, GossipKeys__Output as _swarm_v1_GossipKeys__Output } from '../../swarm/v1/GossipKeys.ts';

/**
 * What every host must know of the cluster; sent at first and when it changes.
 */
export interface ClusterView {
  /**
   * This host's own object: its wanted role among others.
   */
  'node'?: (_swarm_v1_Node | null);
  /**
   * Where managers listen, HOST:PORT.
   */
  'managers'?: (string)[];
  /**
   * PEM of the root certificate.
   */
  'rootCa'?: (string);
  /**
   * Absent until the cluster has them; without them a host does not gossip.
   */
  'gossipKeys'?: (_swarm_v1_GossipKeys | null);
  /**
   * IP addresses of hosts to gossip with at first: managers, then some others. At most 32.
   */
  'gossipAddresses'?: (string)[];
}

/**
 * What every host must know of the cluster; sent at first and when it changes.
 */
export interface ClusterView__Output {
  /**
   * This host's own object: its wanted role among others.
   */
  'node': (_swarm_v1_Node__Output | null);
  /**
   * Where managers listen, HOST:PORT.
   */
  'managers': (string)[];
  /**
   * PEM of the root certificate.
   */
  'rootCa': (string);
  /**
   * Absent until the cluster has them; without them a host does not gossip.
   */
  'gossipKeys': (_swarm_v1_GossipKeys__Output | null);
  /**
   * IP addresses of hosts to gossip with at first: managers, then some others. At most 32.
   */
  'gossipAddresses': (string)[];
}
