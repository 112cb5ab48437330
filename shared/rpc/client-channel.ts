import {
  ChannelCredentials,
  type ChannelInterface,
  connectivityState,
  Client as GrpcClient,
  status as grpcStatus,
  type ServiceError,
} from "@grpc/grpc-js";
import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import { TlsCredentials } from "../pki/tls-credentials.ts";
import type { Clock } from "../ports/clock.ts";
import { ConnectionError, connectError, connectTimeout, isConnectFailure } from "./connect-error.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { NodeChannelCredentials } from "./ports/channel-credentials.ts";
import { fromStatus } from "./status.ts";

/** Retries start fast, since a daemon that restarts is back within a second, and never get less frequent than this. */
const RECONNECT_BACKOFF_MS = { initial: 100, max: 2_000 } as const;
/**
 * A host that lost power sends no FIN: pings find out within time + timeout. What has to be known sooner is heard of by
 * heartbeats, and each ping wakes both ends of every connection.
 */
const KEEPALIVE_MS = { time: 2_000, timeout: 2_000 } as const;

export interface ChannelOptions {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
}

/** A grpc-js client that is borrowed for one call. */
export interface Lease extends Disposable {
  readonly client: GrpcClient;
}

/**
 * One connection to one address that heals itself: it is made on the first call, made again after it breaks, and made
 * anew when the credentials rotate, while calls under way finish on the old one.
 */
export class ClientChannel implements Disposable {
  readonly #address: string;
  readonly #credentials: TlsCredentials | "local" | "untrusted";
  readonly #options: ChannelOptions;
  readonly #following: Disposable | null;
  readonly #leases = new Map<GrpcClient, number>();
  #current: GrpcClient | null = null;
  #closed = false;

  constructor(address: string, credentials: TlsCredentials | "local" | "untrusted", options: ChannelOptions) {
    this.#address = address;
    this.#credentials = credentials;
    this.#options = options;
    this.#following = credentials instanceof TlsCredentials ? credentials.onRotate(() => this.#retire()) : null;
  }

  /** @throws SwarmError unavailable when there is no connection within the connect timeout; cancelled on abort. */
  async lease(signal?: AbortSignal): Promise<Lease> {
    if (this.#closed) throw new SwarmError("cancelled", `the client of ${this.#address} is closed`);
    this.#retireIfLocalFailed();
    this.#current ??= this.#createClient();
    const client = this.#current;
    this.#leases.set(client, (this.#leases.get(client) ?? 0) + 1);
    let released = false;
    const release = (): void => {
      if (!released) this.#release(client);
      released = true;
    };
    try {
      await this.#connected(client.getChannel(), signal);
      return { client, [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** A failure reported by grpc-js, as the error that it stands for. */
  toError(error: ServiceError, signal?: AbortSignal): SwarmError {
    if (signal?.aborted === true)
      return new SwarmError("cancelled", "the call was cancelled", { cause: signal.reason });
    const details = error.details ?? error.message;
    switch (error.code) {
      case grpcStatus.UNAVAILABLE:
        if (isConnectFailure(details)) return connectError(this.#address, details, error);
        if (BROKEN.test(details)) return this.#broken(error);
        return fromStatus(error);
      case grpcStatus.DEADLINE_EXCEEDED:
        return LOCAL_DEADLINE.test(details)
          ? new SwarmError("deadlineExceeded", `no answer from ${this.#address} in time: the outcome is unknown`)
          : fromStatus(error);
      // The stream was reset by the peer, or when the peer ended: nothing was cancelled on this side.
      case grpcStatus.CANCELLED:
      case grpcStatus.INTERNAL:
      case grpcStatus.UNKNOWN:
        return BROKEN.test(details) ? this.#broken(error) : fromStatus(error);
      default:
        return fromStatus(error);
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#following?.[Symbol.dispose]();
    this.#current?.close();
    this.#current = null;
    for (const client of this.#leases.keys()) client.close();
  }

  #broken(cause: Error): SwarmError {
    return new ConnectionError(true, `the connection to ${this.#address} was lost`, { cause });
  }

  #createClient(): GrpcClient {
    const local = this.#credentials === "local";
    return new GrpcClient(this.#address, this.#createCredentials(), {
      "grpc.enable_channelz": 0,
      "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
      "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
      "grpc.initial_reconnect_backoff_ms": RECONNECT_BACKOFF_MS.initial,
      "grpc.max_reconnect_backoff_ms": RECONNECT_BACKOFF_MS.max,
      ...(local
        ? {}
        : {
            "grpc.keepalive_time_ms": KEEPALIVE_MS.time,
            "grpc.keepalive_timeout_ms": KEEPALIVE_MS.timeout,
            "grpc.keepalive_permit_without_calls": 1,
            // Needed only so that TLS sends a name at all; the server is judged by the node id and role in its
            // certificate.
            "grpc.ssl_target_name_override": "swarm-manager",
          }),
      // A shared pool would hand the old connection, with the old certificate, to the new client.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.service_config_disable_resolution": 1,
      "grpc.enable_retries": 0,
      // Hosts of a cluster reach each other directly; a proxy variable in the environment is not meant for them.
      "grpc.enable_http_proxy": 0,
      "grpc-node.flow_control_window": 1024 * 1024,
    });
  }

  #createCredentials(): ChannelCredentials {
    if (this.#credentials === "local") return ChannelCredentials.createInsecure();
    return new NodeChannelCredentials(this.#credentials, this.#options.clock, this.#options.connectTimeoutMs);
  }

  /** Resolves once a call would go out or fail at once; never waits longer than the connect timeout. */
  async #connected(channel: ChannelInterface, signal: AbortSignal | undefined): Promise<void> {
    const deadlineMs = this.#options.clock.wallNow() + this.#options.connectTimeoutMs;
    for (;;) {
      if (signal?.aborted === true)
        throw new SwarmError("cancelled", "the call was cancelled", { cause: signal.reason });
      const state = channel.getConnectivityState(true);
      switch (state) {
        case connectivityState.READY:
        // A call made in this state fails at once with the reason, which is what we want to report.
        case connectivityState.TRANSIENT_FAILURE:
          return;
        case connectivityState.SHUTDOWN:
          throw new SwarmError("cancelled", `the client of ${this.#address} is closed`);
        case connectivityState.IDLE:
        case connectivityState.CONNECTING:
          break;
        default:
          unreachable(state);
      }
      if ((await stateChange(channel, state, deadlineMs, signal)) === "timeout") {
        // The kernel would go on trying for two minutes; the next call starts afresh.
        this.#retire();
        throw connectTimeout(this.#address, this.#options.connectTimeoutMs / 1_000);
      }
    }
  }

  /** Asking a unix socket again costs nothing, and a daemon that was just started answers now, not after a backoff. */
  #retireIfLocalFailed(): void {
    if (this.#credentials !== "local" || this.#current === null) return;
    if (this.#current.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE) this.#retire();
  }

  #retire(): void {
    const old = this.#current;
    this.#current = null;
    if (old !== null && (this.#leases.get(old) ?? 0) === 0) old.close();
  }

  #release(client: GrpcClient): void {
    const left = (this.#leases.get(client) ?? 1) - 1;
    if (left > 0) {
      this.#leases.set(client, left);
      return;
    }
    this.#leases.delete(client);
    if (client !== this.#current) client.close();
  }
}

const BROKEN =
  /RST_STREAM|Connection dropped|ECONNRESET|EPIPE|Stream refused|pending stream has been canceled|GOAWAY|socket hang up|without gRPC status|Call cancelled|session.*(closed|destroyed)/i;
const LOCAL_DEADLINE = /^Deadline exceeded/i;

function stateChange(
  channel: ChannelInterface,
  from: connectivityState,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<"changed" | "timeout"> {
  return new Promise((resolve) => {
    const onAbort = (): void => resolve("changed");
    signal?.addEventListener("abort", onAbort, { once: true });
    channel.watchConnectivityState(from, deadlineMs, (error) => {
      signal?.removeEventListener("abort", onAbort);
      resolve(error === undefined ? "changed" : "timeout");
    });
  });
}
