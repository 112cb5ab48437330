// Original file: proto/swarm/v1/control.proto


/**
 * One object by id, name or unique id prefix.
 */
export interface RefRequest {
  'ref'?: (string);
}

/**
 * One object by id, name or unique id prefix.
 */
export interface RefRequest__Output {
  'ref': (string);
}
