// Original file: proto/swarm/v1/objects.proto


/**
 * What a binary or a host is made for.
 */
export interface Platform {
  /**
   * As the kernel says it: x86_64, aarch64. "" = any.
   */
  'architecture'?: (string);
  /**
   * linux. "" = any.
   */
  'os'?: (string);
}

/**
 * What a binary or a host is made for.
 */
export interface Platform__Output {
  /**
   * As the kernel says it: x86_64, aarch64. "" = any.
   */
  'architecture': (string);
  /**
   * linux. "" = any.
   */
  'os': (string);
}
