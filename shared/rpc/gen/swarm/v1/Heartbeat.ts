// Original file: proto/swarm/v1/dispatcher.proto


/**
 * Nothing but a sign of life.
 */
export interface Heartbeat {
}

/**
 * Nothing but a sign of life.
 */
export interface Heartbeat__Output {
}
