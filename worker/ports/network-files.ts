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

  /** The host's resolv.conf and what stands behind it where it only names a local resolver; most telling first. */
  readResolvConfs(): Promise<readonly string[]>;
}
