// Original file: proto/swarm/v1/control.proto


export interface WatchRequest {
  /**
   * Only this service, its tasks, and all nodes; "" = everything.
   */
  'serviceId'?: (string);
}

export interface WatchRequest__Output {
  /**
   * Only this service, its tasks, and all nodes; "" = everything.
   */
  'serviceId': (string);
}
