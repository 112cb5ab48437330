// Original file: proto/swarm/v1/local.proto


/**
 * How late the daemon's event loop was in the last minute or two, in milliseconds.
 */
export interface LoopDelay {
  'p99Ms'?: (number | string);
  'maxMs'?: (number | string);
}

/**
 * How late the daemon's event loop was in the last minute or two, in milliseconds.
 */
export interface LoopDelay__Output {
  'p99Ms': (number);
  'maxMs': (number);
}
