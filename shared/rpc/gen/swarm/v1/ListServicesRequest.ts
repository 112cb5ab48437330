// Original file: proto/swarm/v1/control.proto


export interface ListServicesRequest {
  'idPrefixes'?: (string)[];
  'namePrefixes'?: (string)[];
  'labels'?: (string)[];
  /**
   * "replicated", "global".
   */
  'modes'?: (string)[];
}

export interface ListServicesRequest__Output {
  'idPrefixes': (string)[];
  'namePrefixes': (string)[];
  'labels': (string)[];
  /**
   * "replicated", "global".
   */
  'modes': (string)[];
}
