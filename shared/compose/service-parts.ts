/** Parts of a service that have short and long forms: ports, volumes, files of secrets and configs, hooks. */

/** One port, or one range that published ports are taken from. */
export interface PortUse {
  readonly name: string | null;
  /** 1..65535, inside the container. */
  readonly target: number;
  /** null = not said; one that is free is taken. `from` and `to` differ when any one of several may be taken. */
  readonly published: { readonly from: number; readonly to: number } | null;
  /** The host's address it is published on; null = all. */
  readonly hostIp: string | null;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** `ingress`: on every node; `host`: where a task runs. */
  readonly mode: "ingress" | "host";
  /** `http`, `grpc`, ...: for those who show or route it. */
  readonly appProtocol: string | null;
}

export type VolumeKind = "bind" | "volume" | "tmpfs" | "image" | "npipe" | "cluster";

/** What is mounted into the containers of a service. */
export interface VolumeUse {
  readonly type: VolumeKind;
  /**
   * Of a bind, an absolute path of a host; of a volume, its key in the project, or null for one without a name; of an
   * image, its reference; null for a tmpfs.
   */
  readonly source: string | null;
  readonly target: string;
  readonly isReadOnly: boolean;
  readonly consistency: string | null;
  /** Of a bind; `selinux` also of a volume. */
  readonly bind: {
    readonly propagation: string | null;
    /** Whether a missing directory is made; yes unless said otherwise. */
    readonly createHostPath: boolean;
    readonly recursive: "enabled" | "disabled" | "writable" | "readonly" | null;
    readonly selinux: "z" | "Z" | null;
  } | null;
  readonly volume: {
    readonly labels: ReadonlyMap<string, string>;
    readonly noCopy: boolean;
    readonly subpath: string | null;
  } | null;
  readonly tmpfs: {
    readonly sizeBytes: number | null;
    /** Permission bits, as 0o1777. */
    readonly mode: number | null;
  } | null;
  readonly image: { readonly subpath: string | null } | null;
}

/** A secret or config as a file in a container. */
export interface FileUse {
  /** Its key in the project. */
  readonly source: string;
  /** A path, or a name below `/run/secrets`; null = where it goes by itself: `/run/secrets/SOURCE`, or `/SOURCE`. */
  readonly target: string | null;
  readonly uid: string | null;
  readonly gid: string | null;
  /** Permission bits, as 0o444. */
  readonly mode: number | null;
}

/** A command at a turn of a container's life. */
export interface Hook {
  /** null = that of the image. */
  readonly command: readonly string[] | null;
  /** Before a start only: what it runs in; null = the service's own. */
  readonly image: string | null;
  readonly user: string | null;
  readonly privileged: boolean | null;
  readonly workingDir: string | null;
  readonly environment: ReadonlyMap<string, string | null>;
  /** Before a start only: once for each replica instead of once. */
  readonly perReplica: boolean | null;
}

/** -1 = no limit. */
export interface SoftAndHard {
  readonly soft: number;
  readonly hard: number;
}
