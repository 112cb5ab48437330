// Original file: proto/swarm/v1/objects.proto


/**
 * Name and labels; written by people.
 */
export interface Annotations {
  /**
   * Unique among objects of its kind, ignoring case (services, networks); at most 63 characters.
   */
  'name'?: (string);
  /**
   * Keys and values chosen by people. Default: none.
   */
  'labels'?: ({[key: string]: string});
}

/**
 * Name and labels; written by people.
 */
export interface Annotations__Output {
  /**
   * Unique among objects of its kind, ignoring case (services, networks); at most 63 characters.
   */
  'name': (string);
  /**
   * Keys and values chosen by people. Default: none.
   */
  'labels': ({[key: string]: string});
}
