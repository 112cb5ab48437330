import { resolve } from "node:path";
import { SwarmError } from "../shared/errors.ts";
import type { GenericResource } from "../shared/rpc/gen/objects.ts";
import type { CollectionRules } from "../worker/images/removal.ts";
import type { DockerApiPlaces } from "./docker-options.ts";

/** What the command line determines; everything else is in the cluster's state. */
export interface DaemonOptions {
  /** Certificates, Raft log, worker database, images, volumes, logs. */
  readonly dataDir: string;
  /** Socket and container state; on a tmpfs, gone after a reboot together with the containers. */
  readonly runDir: string;
  /** Local API. */
  readonly socketPath: string;
  readonly dockerApi: DockerApiPlaces;
  /** IP:PORT of the manager API. */
  readonly listenAddress: string;
  /** Default of `init` and `join`: IP[:PORT] or INTERFACE[:PORT]; "" = choose. */
  readonly advertiseAddress: string;
  /** IP or interface for overlay traffic; "" = the advertise address. */
  readonly dataPathAddress: string;
  /** VXLAN UDP port for a new cluster. */
  readonly dataPathPort: number;
  /** skopeo's registries.conf; "" = the system's. */
  readonly registriesConf: string;
  /** OCI runtime, by name or path. */
  readonly ociRuntime: string;
  /** Further ones, programs by the names that services call them. */
  readonly ociRuntimes: ReadonlyMap<string, string>;
  /** Static init program for containers of services with --init; "" = the first known one that is installed. */
  readonly initPath: string;
  /** Setuid programs gain no privileges in containers whose service does not say otherwise. */
  readonly noNewPrivileges: boolean;
  /** When images that nothing needs are removed. */
  readonly imageCollection: CollectionRules;
  /** File with the key that a locked manager unlocks itself with when it starts; "" = people unlock it. */
  readonly unlockKeyFile: string;
  readonly hostname: string;
  readonly logLevel: string;
  readonly engineLabels: Readonly<Record<string, string>>;
  /** What this host has for tasks besides CPUs and memory. */
  readonly genericResources: readonly GenericResource[];
}

export const DEFAULT_DATA_DIR = "/var/lib/swarm";
export const DEFAULT_RUN_DIR = "/run/swarm";
/** Managers' gRPC, as Docker's. */
export const DEFAULT_MANAGER_PORT = 2377;
/** IANA's VXLAN port. */
export const DEFAULT_DATA_PATH_PORT = 4789;

/** Ports that a swarm's overlay traffic may use: neither the system's, nor those that clients are given. */
export function isDataPathPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1024 && port <= 49_151;
}

/** The port of a new swarm. @param asked 0 = the daemon's own. @throws SwarmError invalidArgument */
export function dataPathPortOf(asked: number, options: DaemonOptions): number {
  const port = asked || options.dataPathPort;
  if (isDataPathPort(port)) return port;
  throw new SwarmError("invalidArgument", `invalid data path port ${port}: it must be 1024 to 49151`);
}

/** Characters that have a meaning in mount options, lines for `ip`, conmon's log path or the image store's name. */
const MEANT_IN_COMMANDS = /[\s,:+#"'[\]\\\p{C}]/u;

/** The absolute path. @throws SwarmError invalidArgument for a directory that cannot be written in commands. */
export function parseDirectory(text: string): string {
  if (text === "" || MEANT_IN_COMMANDS.test(text)) {
    const why = "it must not contain blanks, control characters or any of , : + # [ ] \" ' \\";
    throw new SwarmError("invalidArgument", `invalid directory ${JSON.stringify(text)}: ${why}`);
  }
  return resolve(text);
}
