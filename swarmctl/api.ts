import type { RpcClient } from "../shared/rpc/client.ts";
import { ConnectionError } from "../shared/rpc/connect-error.ts";
import type { LightServiceName, LightServices } from "../shared/rpc/light/services.ts";

export type ControlClient = RpcClient<LightServices["control"]>;
export type LocalClient = RpcClient<LightServices["local"]>;
export type ContainersClient = RpcClient<LightServices["containers"]>;
export type NetworksClient = RpcClient<LightServices["networks"]>;
export type LogsClient = RpcClient<LightServices["logs"]>;
export type HostsClient = RpcClient<LightServices["hosts"]>;

/** The daemon's services on its local socket. The client is loaded on first use: `--help` does not need it. */
export class Api implements AsyncDisposable {
  readonly socketPath: string;
  readonly #opened = new AsyncDisposableStack();
  #control: Promise<ControlClient> | null = null;
  #local: Promise<LocalClient> | null = null;
  #containers: Promise<ContainersClient> | null = null;
  #networks: Promise<NetworksClient> | null = null;
  #logs: Promise<LogsClient> | null = null;
  #hosts: Promise<HostsClient> | null = null;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  control(): Promise<ControlClient> {
    this.#control ??= this.#open("control");
    return this.#control;
  }

  local(): Promise<LocalClient> {
    this.#local ??= this.#open("local");
    return this.#local;
  }

  containers(): Promise<ContainersClient> {
    this.#containers ??= this.#open("containers");
    return this.#containers;
  }

  /** Networks of this host alone; those of the swarm are `control`'s. */
  networks(): Promise<NetworksClient> {
    this.#networks ??= this.#open("networks");
    return this.#networks;
  }

  logs(): Promise<LogsClient> {
    this.#logs ??= this.#open("logs");
    return this.#logs;
  }

  hosts(): Promise<HostsClient> {
    this.#hosts ??= this.#open("hosts");
    return this.#hosts;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  async #open<Name extends LightServiceName>(which: Name): Promise<RpcClient<LightServices[Name]>> {
    const { connectLocally } = await import("../shared/rpc/light/local-client.ts");
    const opened = connectLocally(which, this.socketPath);
    this.#opened.use(opened as AsyncDisposable);
    return opened;
  }
}

/** Whether nothing answers on the socket at all, so that starting a daemon would help. */
export function isNoDaemon(error: unknown): boolean {
  return error instanceof ConnectionError && (error.fault === "noSocket" || error.fault === "refused");
}

/** The sentence for people when the daemon cannot be reached; for any other error, its own. */
export function explain(error: Error, socketPath: string): string {
  if (!(error instanceof ConnectionError) || error.fault === null) return error.message;
  const where = `unix://${socketPath}`;
  if (error.fault === "forbidden") {
    return `permission denied while connecting to swarmd at ${where}: run this as root, for example with sudo`;
  }
  if (!isNoDaemon(error)) return `Cannot talk to swarmd at ${where}: ${error.reason}`;
  return (
    `Cannot connect to swarmd at ${where}. Is it running? ` +
    "Start it with `systemctl start swarmd` or `swarmd &`; `swarmctl init` and `swarmctl join` start it for you"
  );
}
