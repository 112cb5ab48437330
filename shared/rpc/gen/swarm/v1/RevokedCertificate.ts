// Original file: proto/swarm/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

export interface RevokedCertificate {
  /**
   * After this instant the entry may go, since the certificate has expired by itself.
   */
  'expiresAtMs'?: (number | string | Long);
}

export interface RevokedCertificate__Output {
  /**
   * After this instant the entry may go, since the certificate has expired by itself.
   */
  'expiresAtMs': (number);
}
