// Original file: proto/swarm/v1/dispatcher.proto


// Original file: proto/swarm/v1/dispatcher.proto

export const _swarm_v1_NetworkEndpoint_State = {
  /**
   * Not to be sent to (not running yet, or unhealthy).
   */
  PENDING: 'PENDING',
  /**
   * Gets traffic.
   */
  READY: 'READY',
  /**
   * Finishes what it has, gets nothing new.
   */
  DRAINING: 'DRAINING',
} as const;

export type _swarm_v1_NetworkEndpoint_State =
  /**
   * Not to be sent to (not running yet, or unhealthy).
   */
  | 'PENDING'
  | 0
  /**
   * Gets traffic.
   */
  | 'READY'
  | 1
  /**
   * Finishes what it has, gets nothing new.
   */
  | 'DRAINING'
  | 2

export type _swarm_v1_NetworkEndpoint_State__Output = typeof _swarm_v1_NetworkEndpoint_State[keyof typeof _swarm_v1_NetworkEndpoint_State]

export interface NetworkEndpoint {
  'taskId'?: (string);
  'serviceId'?: (string);
  'nodeId'?: (string);
  /**
   * With prefix length. Its MAC follows from it: 02:42 and the four bytes of the address.
   */
  'address'?: (string);
  'state'?: (_swarm_v1_NetworkEndpoint_State);
}

export interface NetworkEndpoint__Output {
  'taskId': (string);
  'serviceId': (string);
  'nodeId': (string);
  /**
   * With prefix length. Its MAC follows from it: 02:42 and the four bytes of the address.
   */
  'address': (string);
  'state': (_swarm_v1_NetworkEndpoint_State__Output);
}
