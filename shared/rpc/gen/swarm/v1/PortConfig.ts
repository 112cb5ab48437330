// Original file: proto/swarm/v1/objects.proto


// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_PortConfig_Protocol = {
  /**
   * Connections; reset at once while nothing serves the port.
   */
  TCP: 'TCP',
  /**
   * Datagrams; flows follow their backend when it moves.
   */
  UDP: 'UDP',
  /**
   * Associations.
   */
  SCTP: 'SCTP',
} as const;

export type _swarm_v1_PortConfig_Protocol =
  /**
   * Connections; reset at once while nothing serves the port.
   */
  | 'TCP'
  | 0
  /**
   * Datagrams; flows follow their backend when it moves.
   */
  | 'UDP'
  | 1
  /**
   * Associations.
   */
  | 'SCTP'
  | 2

export type _swarm_v1_PortConfig_Protocol__Output = typeof _swarm_v1_PortConfig_Protocol[keyof typeof _swarm_v1_PortConfig_Protocol]

// Original file: proto/swarm/v1/objects.proto

export const _swarm_v1_PortConfig_PublishMode = {
  /**
   * On every host, through the routing mesh.
   */
  INGRESS: 'INGRESS',
  /**
   * Only on the host that runs the task.
   */
  HOST: 'HOST',
} as const;

export type _swarm_v1_PortConfig_PublishMode =
  /**
   * On every host, through the routing mesh.
   */
  | 'INGRESS'
  | 0
  /**
   * Only on the host that runs the task.
   */
  | 'HOST'
  | 1

export type _swarm_v1_PortConfig_PublishMode__Output = typeof _swarm_v1_PortConfig_PublishMode[keyof typeof _swarm_v1_PortConfig_PublishMode]

export interface PortConfig {
  /**
   * Default TCP.
   */
  'protocol'?: (_swarm_v1_PortConfig_Protocol);
  /**
   * Port inside the container, 1..65535.
   */
  'targetPort'?: (number);
  /**
   * Port outside, 1..65535; 0 = the allocator chooses from 30000..32767 (ingress), or the host does (host mode).
   */
  'publishedPort'?: (number);
  /**
   * Default INGRESS.
   */
  'publishMode'?: (_swarm_v1_PortConfig_PublishMode);
}

export interface PortConfig__Output {
  /**
   * Default TCP.
   */
  'protocol': (_swarm_v1_PortConfig_Protocol__Output);
  /**
   * Port inside the container, 1..65535.
   */
  'targetPort': (number);
  /**
   * Port outside, 1..65535; 0 = the allocator chooses from 30000..32767 (ingress), or the host does (host mode).
   */
  'publishedPort': (number);
  /**
   * Default INGRESS.
   */
  'publishMode': (_swarm_v1_PortConfig_PublishMode__Output);
}
