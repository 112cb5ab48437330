// Original file: proto/swarm/v1/objects.proto


/**
 * One task on every eligible node.
 */
export interface GlobalMode {
}

/**
 * One task on every eligible node.
 */
export interface GlobalMode__Output {
}
