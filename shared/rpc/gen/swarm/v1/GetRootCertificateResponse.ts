// Original file: proto/swarm/v1/ca.proto


export interface GetRootCertificateResponse {
  /**
   * PEM.
   */
  'certificate'?: (string);
}

export interface GetRootCertificateResponse__Output {
  /**
   * PEM.
   */
  'certificate': (string);
}
