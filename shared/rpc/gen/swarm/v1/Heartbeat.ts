// Original file: proto/swarm/v1/dispatcher.proto


/**
 * Nothing but a sign of life; the leader answers each with one, so that a worker notices a leader that is gone.
 */
export interface Heartbeat {
}

/**
 * Nothing but a sign of life; the leader answers each with one, so that a worker notices a leader that is gone.
 */
export interface Heartbeat__Output {
}
