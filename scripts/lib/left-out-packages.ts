/** What a lock file says about a package, as far as it decides whether the package belongs on a host. */
export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

export interface HostKind {
  readonly os: string;
  readonly cpu: string;
  readonly libc: "glibc" | "musl";
}

/**
 * Paths of the optional packages that are made for this host and are missing. npm silently leaves one out when the Node
 * that npm itself runs on is older than the package requires; ours, which will load it, is not.
 */
export function leftOutPackages(
  locked: Readonly<Record<string, LockedPackage>>,
  host: HostKind,
  isThere: (path: string) => boolean,
): readonly string[] {
  const suits = (wanted: readonly string[] | undefined, value: string): boolean =>
    wanted === undefined || wanted.includes(value);
  return Object.entries(locked)
    .filter(([path, entry]) => {
      const isHere = suits(entry.os, host.os) && suits(entry.cpu, host.cpu) && suits(entry.libc, host.libc);
      // A package that names no processor is not a binary for this host, but an unrequested peer.
      return entry.optional === true && entry.cpu !== undefined && isHere && !isThere(path);
    })
    .map(([path]) => path);
}
