// Original file: proto/swarm/v1/objects.proto

import type { JoinTokens as _swarm_v1_JoinTokens, JoinTokens__Output as _swarm_v1_JoinTokens__Output } from '../../swarm/v1/JoinTokens.ts';

/**
 * The cluster's certificate authority. Never leaves the managers, except for the certificate.
 */
export interface RootCa {
  /**
   * PKCS#8 PEM.
   */
  'caKey'?: (string);
  /**
   * PEM; byte for byte what the token's digest is over.
   */
  'caCert'?: (string);
  /**
   * Always there.
   */
  'joinTokens'?: (_swarm_v1_JoinTokens | null);
}

/**
 * The cluster's certificate authority. Never leaves the managers, except for the certificate.
 */
export interface RootCa__Output {
  /**
   * PKCS#8 PEM.
   */
  'caKey': (string);
  /**
   * PEM; byte for byte what the token's digest is over.
   */
  'caCert': (string);
  /**
   * Always there.
   */
  'joinTokens': (_swarm_v1_JoinTokens__Output | null);
}
