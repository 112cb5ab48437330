/** The process that has a socket. */
export interface SocketOwner {
  /** The name of the file it runs. */
  readonly program: string;
  /** It is this very process. */
  readonly isSelf: boolean;
}

/** The files that HostNetwork needs: its own records, the names of namespaces, resolver settings. */
export interface NetworkFiles {
  /** Texts of all records, by name. */
  readRecords(): Promise<ReadonlyMap<string, string>>;
  /** Replaces a record as a whole: a crash leaves the old or the new one. */
  writeRecord(name: string, text: string): Promise<void>;
  removeRecord(name: string): Promise<void>;

  /** Where the namespace of that name is, or would be. */
  namespacePath(name: string): string;
  /** Names of all namespaces and of leftovers of such. */
  listNamespaces(): Promise<readonly string[]>;

  /** What was last written about whose the published ports are; null = nothing since the host was booted. */
  readClaims(): Promise<string | null>;
  /** Replaces it as a whole; null = takes it away. */
  writeClaims(text: string | null): Promise<void>;

  /** The processes that have these sockets, by the sockets' numbers; one that can be told of none is left out. */
  socketOwners(inodes: ReadonlySet<number>): Promise<ReadonlyMap<number, SocketOwner>>;

  /** The host's resolv.conf and what stands behind it where it only names a local resolver; most telling first. */
  readResolvConfs(): Promise<readonly string[]>;
}
