/**
 * The files that HostNetwork needs besides programs: kernel settings, its own records, namespaces, resolver settings.
 */
export interface NetworkFiles {
  /** A setting below /proc/sys/ of the daemon's own network namespace, trimmed; null = there is none of that name. */
  readSysctl(path: string): Promise<string | null>;
  /** Sets it; a setting that has gone meanwhile (its device was removed) is no error. */
  writeSysctl(path: string, value: string): Promise<void>;

  /** Texts of all records, by name. */
  readRecords(): Promise<ReadonlyMap<string, string>>;
  /** Replaces a record as a whole: a crash leaves the old or the new one. */
  writeRecord(name: string, text: string): Promise<void>;
  removeRecord(name: string): Promise<void>;

  /** Where the namespace of that name is, or would be. */
  namespacePath(name: string): string;
  /** Names of all namespaces and of leftovers of such. */
  listNamespaces(): Promise<readonly string[]>;
  /** Makes sure there is a file to mount the namespace on; resolves with whether one is mounted there already. */
  prepareNamespace(name: string): Promise<boolean>;
  /** Removes the file, after the namespace was unmounted. */
  removeNamespace(name: string): Promise<void>;

  /** The host's resolv.conf and what stands behind it where it only names a local resolver; most telling first. */
  readResolvConfs(): Promise<readonly string[]>;
}
