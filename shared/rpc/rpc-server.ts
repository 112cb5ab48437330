import type { X509Certificate } from "node:crypto";
import { type ConnectionInjector, Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { messageOf, SwarmError } from "../errors.ts";
import { InvariantError, invariant, mustHave, unreachable } from "../invariant.ts";
import type { Logger } from "../log.ts";
import {
  type NodeCertificate,
  parseCertificates,
  readNodeCertificate,
  type Trust,
  verifyNodeCertificate,
} from "../pki/node-certificate.ts";
import type { TlsCredentials } from "../pki/tls-credentials.ts";
import type { Clock } from "../ports/clock.ts";
import { systemClock } from "../ports/system-clock.ts";
import type { NodeRole } from "../rpc/gen/objects.ts";
import { type Door, doorOf, requireDoor } from "./doors.ts";
import { takeForwardedCaller } from "./forwarding.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { type Connection, type Listener, listenTls, listenUnix } from "./ports/listener.ts";
import type { NodeCaller } from "./require-caller.ts";
import { type AnyServerCall, type OpenCall, toGrpcHandler } from "./serve-call.ts";
import type { Caller, RpcHandler, RpcHandlers } from "./server.ts";
import type { AnyMethod, RpcService } from "./service-types.ts";

/** How long `stop` lets calls that are under way finish by themselves. */
const STOP_GRACE_MS = 2_000;
/** How long a call may take, once told to stop, before its connection is cut. */
const STOP_CUT_MS = 500;

/** A host that lost power leaves its connections behind; they are found out and closed within time + timeout. */
const KEEPALIVE_MS = { time: 10_000, timeout: 10_000 } as const;

export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tls"; readonly host: string; readonly port: number; readonly credentials: TlsCredentials };

export interface RpcServerOptions {
  readonly log: Logger;
  readonly clock?: Clock;
  /**
   * What a node with a valid certificate may act as by now: the role in its certificate, or less. Throws for one that may no
   * longer call. Asked on every call, by its headers alone. Default: what the certificate says.
   */
  readonly admit?: (caller: NodeCaller) => NodeRole;
  /** A handler broke a promise of our own code; the daemon ends itself here. */
  readonly onBug?: (error: InvariantError) => void;
}

interface Peer {
  readonly socket: Connection;
  readonly certificate: X509Certificate | null;
  /** What its calls so far were admitted as; null before the first. */
  admitted: NodeRole | null;
}

/**
 * Serves services of proto/ on one endpoint. Register with `add`, then `listen`, finally `stop`.
 *
 * The listener is ours and hands connections to grpc-js, which offers no way from a call to a certificate that did
 * not pass its own check; this way one port serves callers with and without a certificate, and a bad certificate is
 * answered with a sentence.
 */
export class RpcServer implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #options: RpcServerOptions;
  readonly #clock: Clock;
  readonly #grpc = new Server({
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
    "grpc-node.flow_control_window": 1024 * 1024,
    // Counts every call and message for a debugger that nobody attaches.
    "grpc.enable_channelz": 0,
    "grpc.keepalive_time_ms": KEEPALIVE_MS.time,
    "grpc.keepalive_timeout_ms": KEEPALIVE_MS.timeout,
  });
  /** Live TLS connections by `ADDRESS:PORT` of their peer, which is all a call tells of its connection. */
  readonly #peers = new Map<string, Peer>();
  readonly #sockets = new Set<Connection>();
  readonly #calls = new Set<AbortController>();
  #trust: Trust | null = null;
  #listener: Listener | null = null;
  #stopping: Promise<void> | null = null;

  constructor(endpoint: Endpoint, options: RpcServerOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  add<Methods>(service: RpcService<Methods>, handlers: RpcHandlers<RpcService<Methods>>): this {
    const byName = handlers as unknown as Readonly<Record<string, RpcHandler<unknown, unknown>>>;
    for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
      const door = doorOf(service.name, name);
      const handler = toGrpcHandler(mustHave(byName[name], `handler ${name} of ${service.name}`), (call) =>
        this.#open(call, door),
      );
      const encode = method.encodeResponse as (message: unknown) => Buffer;
      const isNew = this.#grpc.register(
        method.path,
        handler as unknown as UntypedHandleCall,
        encode,
        method.decodeRequest,
        method.kind,
      );
      invariant(isNew, `${service.name} is served twice`);
    }
    return this;
  }

  /** Resolves with the bound address, HOST:PORT or `unix:PATH`. @throws SwarmError when it cannot be bound. */
  async listen(): Promise<string> {
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const endpoint = this.#endpoint;
    if (endpoint.kind === "unix") {
      this.#listener = await listenUnix(endpoint.path, this.#options.log, (socket) => this.#take(injector, socket));
      return `unix:${endpoint.path}`;
    }
    this.#trust = trustOf(endpoint.credentials);
    endpoint.credentials.onRotate(() => {
      this.#trust = trustOf(endpoint.credentials);
    });
    this.#listener = await listenTls(
      endpoint.host,
      endpoint.port,
      endpoint.credentials,
      this.#options.log,
      (socket, certificate) => {
        const key = `${socket.remoteAddress}:${socket.remotePort}`;
        this.#peers.set(key, { socket, certificate, admitted: null });
        socket.once("close", () => this.#peers.delete(key));
        this.#take(injector, socket);
      },
    );
    return this.#listener.address;
  }

  /**
   * Cuts the connections whose node would be admitted as something else now: one that was removed or demoted must not go on
   * with the streams it has. To be called whenever the answer of `admit` may have changed.
   */
  reassess(): void {
    for (const [address, peer] of this.#peers) {
      if (peer.certificate !== null && peer.admitted !== null && !this.#isAdmittedStill(peer, address)) {
        peer.socket.destroy();
      }
    }
  }

  #isAdmittedStill({ certificate, admitted }: Peer, address: string): boolean {
    const read = readNodeCertificate(mustHave(certificate, "a certificate"));
    if (read.kind !== "valid") return false;
    try {
      return (this.#options.admit?.(callerBy(read.certificate, address)) ?? admitted) === admitted;
    } catch {
      return false;
    }
  }

  /**
   * Accepts nothing new, aborts the calls that are under way, and cuts what is left after `graceMs`. Idempotent.
   * Streams live as long as their caller wishes, so waiting for them without telling them would wait for ever.
   */
  stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(graceMs: number): Promise<void> {
    await this.#listener?.[Symbol.asyncDispose]();
    const reason = new SwarmError("unavailable", "the daemon is stopping");
    const closed = new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    for (const call of this.#calls) call.abort(reason);
    await this.#orAfter(closed, graceMs);
    this.#grpc.forceShutdown();
    for (const socket of this.#sockets) socket.destroy();
    await this.#orAfter(closed, STOP_CUT_MS);
  }

  async #orAfter(done: Promise<void>, delayMs: number): Promise<void> {
    let timer: Disposable | null = null;
    const timeout = new Promise<void>((resolve) => {
      timer = this.#clock.schedule(delayMs, "rpc server stop", resolve);
    });
    await Promise.race([done, timeout]);
    (timer as Disposable | null)?.[Symbol.dispose]();
  }

  #take(injector: ConnectionInjector, socket: Connection): void {
    if (this.#stopping !== null) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    injector.injectConnection(socket);
  }

  /** @throws SwarmError when the caller's certificate is not acceptable, or this door not for it. */
  #open(call: AnyServerCall, door: Door): OpenCall {
    const direct = this.#admit(this.#callerOf(call));
    const peer = this.#peers.get(call.getPeer());
    if (peer !== undefined && direct.kind === "node") peer.admitted = direct.role;
    const behind = takeForwardedCaller(call.metadata, direct);
    const caller = behind === null ? direct : this.#admit(behind);
    // Whoever opens the socket is root of this host, who could as well read the data directory.
    if (this.#endpoint.kind === "tls") requireDoor(door, caller);
    const controller = new AbortController();
    if (this.#stopping !== null) throw new SwarmError("unavailable", "the daemon is stopping");
    this.#calls.add(controller);
    // grpc-js also says so when a call has ended in good order.
    call.on("cancelled", () => {
      if (this.#calls.has(controller)) controller.abort(new SwarmError("cancelled", "the caller has gone"));
    });
    return {
      context: {
        caller,
        forwardedBy: behind !== null && direct.kind === "node" ? direct.nodeId : null,
        signal: controller.signal,
        deadlineMs: deadlineOf(call),
        metadata: call.metadata,
      },
      end: (error) => {
        this.#calls.delete(controller);
        if (error !== null && !(error instanceof SwarmError)) this.#onUnknownError(call, error);
      },
    };
  }

  /** The caller as what it may act as now. @throws SwarmError when it may not call at all. */
  #admit(caller: Caller): Caller {
    if (caller.kind !== "node") return caller;
    return { ...caller, role: this.#options.admit?.(caller) ?? caller.role };
  }

  #callerOf(call: AnyServerCall): Caller {
    if (this.#endpoint.kind === "unix") return { kind: "local" };
    const address = call.getPeer();
    const peer = this.#peers.get(address);
    if (peer === undefined) throw new SwarmError("unavailable", "the connection is closing");
    if (peer.certificate === null) return { kind: "anonymous", address };
    const trust = mustHave(this.#trust, "the roots of a listening server");
    const verdict = verifyNodeCertificate(peer.certificate, trust, this.#clock.wallNow());
    switch (verdict.kind) {
      case "valid":
        return callerBy(verdict.certificate, address);
      case "malformed":
      case "foreign":
      case "otherCluster":
      case "notYetValid":
      case "expired":
        throw new SwarmError("unauthenticated", verdict.message);
      default:
        return unreachable(verdict);
    }
  }

  #onUnknownError(call: AnyServerCall, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#options.log.error("a call failed unexpectedly", { path: call.getPath(), error: messageOf(error), stack });
    if (error instanceof InvariantError) this.#options.onBug?.(error);
  }
}

function callerBy({ nodeId, role, roleGeneration, clusterId }: NodeCertificate, address: string): NodeCaller {
  return { kind: "node", nodeId, role, roleGeneration, clusterId, address };
}

function trustOf(credentials: TlsCredentials): Trust {
  const { rootCa, clusterId } = credentials.material;
  return { roots: parseCertificates(rootCa, "the root certificate file"), clusterId };
}

function deadlineOf(call: AnyServerCall): number | null {
  const deadline = call.getDeadline();
  const atMs = typeof deadline === "number" ? deadline : deadline.getTime();
  return Number.isFinite(atMs) ? atMs : null;
}
