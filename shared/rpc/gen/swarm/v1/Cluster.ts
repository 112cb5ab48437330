// Original file: proto/swarm/v1/objects.proto

import type { Meta as _swarm_v1_Meta, Meta__Output as _swarm_v1_Meta__Output } from '../../swarm/v1/Meta.ts';
import type { ClusterSpec as _swarm_v1_ClusterSpec, ClusterSpec__Output as _swarm_v1_ClusterSpec__Output } from '../../swarm/v1/ClusterSpec.ts';
import type { RootCa as _swarm_v1_RootCa, RootCa__Output as _swarm_v1_RootCa__Output } from '../../swarm/v1/RootCa.ts';
import type { RevokedCertificate as _swarm_v1_RevokedCertificate, RevokedCertificate__Output as _swarm_v1_RevokedCertificate__Output } from '../../swarm/v1/RevokedCertificate.ts';
import type { GossipKeys as _swarm_v1_GossipKeys, GossipKeys__Output as _swarm_v1_GossipKeys__Output } from '../../swarm/v1/GossipKeys.ts';

/**
 * The one object with the cluster's own settings and keys.
 */
export interface Cluster {
  /**
   * 25 characters of base 36; the organization in every certificate. Written once, by init.
   */
  'id'?: (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta'?: (_swarm_v1_Meta | null);
  /**
   * Written by people through the control API.
   */
  'spec'?: (_swarm_v1_ClusterSpec | null);
  /**
   * Written by init, and by token rotation.
   */
  'rootCa'?: (_swarm_v1_RootCa | null);
  /**
   * VXLAN UDP port. Default 4789.
   */
  'dataPathPort'?: (number);
  /**
   * Certificates that are no longer accepted, by common name. Written by `node rm`.
   */
  'revokedCertificates'?: ({[key: string]: _swarm_v1_RevokedCertificate});
  /**
   * Keys of membership gossip; absent in a cluster of an earlier swarmd until its leader makes them. Written by init, by the
   * key loop and by key rotation.
   */
  'gossipKeys'?: (_swarm_v1_GossipKeys | null);
}

/**
 * The one object with the cluster's own settings and keys.
 */
export interface Cluster__Output {
  /**
   * 25 characters of base 36; the organization in every certificate. Written once, by init.
   */
  'id': (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta': (_swarm_v1_Meta__Output | null);
  /**
   * Written by people through the control API.
   */
  'spec': (_swarm_v1_ClusterSpec__Output | null);
  /**
   * Written by init, and by token rotation.
   */
  'rootCa': (_swarm_v1_RootCa__Output | null);
  /**
   * VXLAN UDP port. Default 4789.
   */
  'dataPathPort': (number);
  /**
   * Certificates that are no longer accepted, by common name. Written by `node rm`.
   */
  'revokedCertificates': ({[key: string]: _swarm_v1_RevokedCertificate__Output});
  /**
   * Keys of membership gossip; absent in a cluster of an earlier swarmd until its leader makes them. Written by init, by the
   * key loop and by key rotation.
   */
  'gossipKeys': (_swarm_v1_GossipKeys__Output | null);
}
