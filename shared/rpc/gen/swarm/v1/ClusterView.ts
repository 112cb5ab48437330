// Original file: proto/swarm/v1/dispatcher.proto

import type { Node as _swarm_v1_Node, Node__Output as _swarm_v1_Node__Output } from '../../swarm/v1/Node.ts';

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
}
