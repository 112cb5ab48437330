/** What a file or directory is given besides its place. */
export interface Attributes {
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
}

/**
 * Writes into an open directory by names in it. A name is one part of a path, and nothing is followed there: what is a
 * link is replaced, and never written through.
 */
export interface TreeWriter {
  /** Makes a directory, or keeps one. @throws SwarmError failedPrecondition where something else is. */
  directory(at: string, name: string, attributes: Attributes): Promise<void>;
  /** Makes or replaces a file. @throws SwarmError failedPrecondition where a directory is. */
  file(at: string, name: string, attributes: Attributes, content: AsyncIterable<Buffer>): Promise<void>;
  /** Makes or replaces a symbolic link. */
  link(at: string, name: string, target: string, attributes: Attributes): Promise<void>;
  /** Gives a file a further name. */
  hardLink(at: string, name: string, fromDirectory: string, fromName: string): Promise<void>;
}
