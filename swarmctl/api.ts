import type { RpcClient } from "../shared/rpc/client.ts";
import { ConnectionError } from "../shared/rpc/connect-error.ts";
import type { services } from "../shared/rpc/schema.ts";

export type ControlClient = RpcClient<typeof services.control>;
export type LocalClient = RpcClient<typeof services.local>;
export type LogsClient = RpcClient<typeof services.logs>;

/** The daemon's services on its local socket. gRPC is loaded on first use: `--help` does not need it. */
export class Api implements AsyncDisposable {
  readonly socketPath: string;
  readonly #opened = new AsyncDisposableStack();
  #control: Promise<ControlClient> | null = null;
  #local: Promise<LocalClient> | null = null;
  #logs: Promise<LogsClient> | null = null;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  control(): Promise<ControlClient> {
    this.#control ??= this.#open((all) => all.control);
    return this.#control;
  }

  local(): Promise<LocalClient> {
    this.#local ??= this.#open((all) => all.local);
    return this.#local;
  }

  logs(): Promise<LogsClient> {
    this.#logs ??= this.#open((all) => all.logs);
    return this.#logs;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  async #open<Service extends (typeof services)[keyof typeof services]>(
    choose: (all: typeof services) => Service,
  ): Promise<RpcClient<Service>> {
    const [client, schema] = await Promise.all([import("../shared/rpc/client.ts"), import("../shared/rpc/schema.ts")]);
    const opened = client.connect(choose(schema.services) as never, `unix:${this.socketPath}`, "local");
    this.#opened.use(opened as AsyncDisposable);
    return opened as RpcClient<Service>;
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
