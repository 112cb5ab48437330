import type { X509Certificate } from "node:crypto";
import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { messageOf, SwarmError } from "../errors.ts";
import { InvariantError, invariant, mustHave, unreachable } from "../invariant.ts";
import type { Logger } from "../log.ts";
import {
  type CertificateVerdict,
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
import { authorize, type NodeCaller, noCertificate } from "./authorize.ts";
import { type Door, doorOf } from "./doors.ts";
import { takeForwardedCaller } from "./forwarding.ts";
import type { Caller, RpcHandler, RpcHandlers, UnaryHandler } from "./handler.ts";
import { type InProcessDoor, LightDoor } from "./light-door.ts";
import {
  HELD_BYTES_MAX,
  MEMBER_STREAMS_MAX,
  MESSAGE_BYTES_MAX,
  NODE_CONNECTIONS_MAX,
  NODE_HELD_BYTES_MAX,
  STRANGER_CONNECTION_MS,
  TLS_HANDSHAKE_MS,
} from "./limits.ts";
import { type Connection, type Listener, listenTls, listenUnix } from "./ports/listener.ts";
import { tellProtocol } from "./ports/local-session.ts";
import { limitMemberReads } from "./ports/member-reads.ts";
import { serveStranger } from "./ports/stranger-session.ts";
import { decodeRequest } from "./raw-call.ts";
import { ReadBudget } from "./read-budget.ts";
import { type AnyServerCall, type OpenCall, ownCall, toGrpcHandler } from "./serve-call.ts";
import type { AnyMethod, RpcService } from "./service-types.ts";

/** How long `stop` lets calls under way finish by themselves. */
const STOP_GRACE_MS = 2_000;
/** How long a call may take, once told to stop, before its connection is cut. */
const STOP_CUT_MS = 500;

/** A host that lost power leaves its connections behind; they are detected and closed within time + timeout. */
const KEEPALIVE_MS = { time: 10_000, timeout: 10_000 } as const;

export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tls"; readonly host: string; readonly port: number; readonly credentials: TlsCredentials };

export interface RpcServerOptions {
  readonly log: Logger;
  readonly clock?: Clock;
  /**
   * The role in which a node with a valid certificate may act now: that of its certificate, or a lesser one. Throws for
   * a node that may no longer call. Asked on every call, from its headers alone. Default: what the certificate says.
   */
  readonly admit?: (caller: NodeCaller) => NodeRole;
  /** Whether an address is a member's: such addresses come before strangers'. Default: no. */
  readonly isMemberAddress?: (address: string) => boolean;
  /** Default TLS_HANDSHAKE_MS. */
  readonly handshakeMs?: number;
  /** A handler broke an invariant; this is where the daemon ends itself. */
  readonly onBug?: (error: InvariantError) => void;
}

/** A connection whose certificate was a member's when it was made. */
interface Peer {
  readonly socket: Connection;
  readonly certificate: X509Certificate;
  /** The role in which its calls so far were admitted; null before the first. */
  admitted: NodeRole | null;
}

/** A unary method that anyone may call. */
interface OpenMethod {
  readonly method: AnyMethod;
  readonly run: UnaryHandler<unknown, unknown>["run"];
}

/**
 * Serves services of proto/ on one endpoint. Register with `add`, then `listen`, finally `stop`.
 *
 * The listener is ours and hands connections to grpc-js, because grpc-js gives a call no access to a certificate that
 * did not pass its own check. This way one port serves callers with and without a certificate, and a bad certificate is
 * answered with a sentence.
 */
export class RpcServer implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #options: RpcServerOptions;
  readonly #clock: Clock;
  readonly #budget = new ReadBudget(HELD_BYTES_MAX, NODE_HELD_BYTES_MAX);
  readonly #grpc = new Server({
    interceptors: [limitMemberReads({ budget: this.#budget, judge: (peer, path) => this.#judge(peer, path) })],
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_concurrent_streams": MEMBER_STREAMS_MAX,
    // It would count every call and message for a debugger that is never attached.
    "grpc.enable_channelz": 0,
    "grpc.keepalive_time_ms": KEEPALIVE_MS.time,
    "grpc.keepalive_timeout_ms": KEEPALIVE_MS.timeout,
  });
  readonly #doors = new Map<string, Door>();
  readonly #openMethods = new Map<string, OpenMethod>();
  readonly #light = new LightDoor({
    open: (call, door) => this.#open(call, door, { kind: "local" }),
    clock: () => this.#clock,
  });
  /**
   * Live TLS connections of members by `ADDRESS:PORT` of their peer, which is all a call reveals about its connection.
   */
  readonly #peers = new Map<string, Peer>();
  readonly #ofNode = new Map<string, Set<Connection>>();
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

  add<Methods>(service: RpcService<Methods>, handlers: RpcHandlers<RpcService<Methods>>, toAll?: Door): this {
    const byName = handlers as unknown as Readonly<Record<string, RpcHandler<unknown, unknown>>>;
    for (const [name, method] of Object.entries(service.methods as Readonly<Record<string, AnyMethod>>)) {
      const door = toAll ?? doorOf(service.name, name);
      const own = mustHave(byName[name], `handler ${name} of ${service.name}`);
      const handler = toGrpcHandler(own, (call) => this.#open(call, door, this.#callerOf(call.getPeer())));
      const encode = method.encodeResponse as (message: unknown) => Buffer;
      const isNew = this.#grpc.register(
        method.path,
        handler as unknown as UntypedHandleCall,
        encode,
        method.decodeRequest,
        method.kind,
      );
      invariant(isNew, `${service.name} is served twice`);
      this.#doors.set(method.path, door);
      this.#light.add({ method, handler: own, door });
      if (door === "anyone" && own.kind === "unary") this.#openMethods.set(method.path, { method, run: own.run });
    }
    return this;
  }

  /** Answers calls of this very process (in-process-call.ts) as those of its unix socket. */
  get inProcess(): InProcessDoor {
    invariant(this.#endpoint.kind === "unix", "only a local caller needs no connection");
    return this.#light;
  }

  /** Resolves with the bound address, HOST:PORT or `unix:PATH`. @throws SwarmError when it cannot be bound. */
  async listen(): Promise<string> {
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const endpoint = this.#endpoint;
    const { log, isMemberAddress, handshakeMs = TLS_HANDSHAKE_MS } = this.#options;
    if (endpoint.kind === "unix") {
      this.#listener = await listenUnix(endpoint.path, log, (socket) => {
        if (!this.#take(socket)) return;
        tellProtocol(socket, {
          light: () => this.#light.serve(socket),
          http2: () => injector.injectConnection(socket),
        });
      });
      return `unix:${endpoint.path}`;
    }
    this.#trust = trustOf(endpoint.credentials);
    endpoint.credentials.onRotate(() => {
      this.#trust = trustOf(endpoint.credentials);
    });
    const { host, port, credentials } = endpoint;
    const isMember = isMemberAddress ?? (() => false);
    const options = { host, port, credentials, log, isMember, handshakeMs, now: () => this.#clock.now() };
    this.#listener = await listenTls(options, (socket, certificate, prove) => {
      if (!this.#take(socket)) return;
      const verdict = certificate === null ? null : this.#verify(certificate);
      if (certificate === null || verdict === null) {
        this.#serveStranger(socket, noCertificate(), true);
      } else if (verdict.kind !== "valid") {
        this.#serveStranger(socket, new SwarmError("unauthenticated", verdict.message), false);
      } else if (this.#takeMember(socket, certificate, verdict.certificate.nodeId)) {
        prove();
        injector.injectConnection(socket);
      }
    });
    return this.#listener.address;
  }

  /**
   * Cuts the connections of nodes that would now be admitted differently: a node that was removed or demoted must not
   * keep using the streams it has. Call it whenever the answer of `admit` may have changed.
   */
  reassess(): void {
    for (const [address, peer] of this.#peers) {
      if (peer.admitted !== null && !this.#isAdmittedStill(peer, address)) peer.socket.destroy();
    }
  }

  #isAdmittedStill({ certificate, admitted }: Peer, address: string): boolean {
    const read = readNodeCertificate(certificate);
    if (read.kind !== "valid") return false;
    try {
      return (this.#options.admit?.(callerBy(read.certificate, "", address)) ?? admitted) === admitted;
    } catch {
      return false;
    }
  }

  /**
   * Accepts nothing new, aborts the calls under way, and cuts what is left after `graceMs`. Idempotent. Streams last as
   * long as their caller wishes, so waiting for them without aborting them would take for ever.
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
    const shut = new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    const closed = Promise.all([shut, this.#light.idle()]).then(() => {});
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

  /** False when it is too late for another connection. */
  #take(socket: Connection): boolean {
    if (this.#stopping !== null) {
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return true;
  }

  /**
   * `refusal`: the answer to every call that is not open to anyone; `mayAsk`: whether it may make those.
   */
  #serveStranger(socket: Connection, refusal: SwarmError, mayAsk: boolean): void {
    const address = keyOf(socket);
    const end = this.#clock.schedule(STRANGER_CONNECTION_MS, "rpc: a stranger's connection", () => socket.destroy());
    socket.once("close", () => end[Symbol.dispose]());
    serveStranger(socket, {
      judge: (path) => {
        if (!mayAsk || !this.#openMethods.has(path)) throw refusal;
      },
      answer: async ({ path, metadata, timeoutMs, gone }, request) => {
        const { method, run } = mustHave(this.#openMethods.get(path), path);
        const deadline = timeoutMs === null ? Number.POSITIVE_INFINITY : this.#clock.wallNow() + timeoutMs;
        const call = { ...ownCall(path, deadline, gone), metadata, getPeer: () => address };
        const opened = this.#open(call, "anyone", { kind: "anonymous", address });
        try {
          const answer = await run(decodeRequest(method, request), opened.context);
          opened.end(null);
          return (method.encodeResponse as (message: unknown) => Buffer)(answer);
        } catch (error) {
          opened.end(error);
          throw error;
        }
      },
    });
  }

  /** A member's connection, proven by its certificate. False when its node has too many. */
  #takeMember(socket: Connection, certificate: X509Certificate, nodeId: string): boolean {
    const all = this.#ofNode.get(nodeId) ?? new Set();
    if (all.size >= NODE_CONNECTIONS_MAX) {
      this.#options.log.warn("a node has too many connections", { nodeId, connections: all.size });
      socket.destroy();
      return false;
    }
    const key = keyOf(socket);
    this.#peers.set(key, { socket, certificate, admitted: null });
    this.#ofNode.set(nodeId, all.add(socket));
    socket.once("close", () => {
      this.#peers.delete(key);
      all.delete(socket);
      if (all.size === 0 && this.#ofNode.get(nodeId) === all) this.#ofNode.delete(nodeId);
    });
    return true;
  }

  /** From a call's headers: who is calling, as the read budget names it. @throws SwarmError when it may not call. */
  #judge(peer: string, path: string): string {
    const caller = this.#admit(this.#callerOf(peer));
    if (this.#endpoint.kind === "tls") authorize(caller, mustHave(this.#doors.get(path), path));
    return caller.kind === "node" ? caller.nodeId : caller.kind;
  }

  /** @throws SwarmError when the caller, or the one it speaks for, may not come in by this door. */
  #open(call: AnyServerCall, door: Door, caller: Caller): OpenCall {
    const direct = this.#admit(caller);
    const peer = this.#peers.get(call.getPeer());
    if (peer !== undefined && direct.kind === "node") peer.admitted = direct.role;
    const behind = takeForwardedCaller(call.metadata, direct);
    const acting = behind === null ? direct : this.#admit(behind);
    // Whoever opens the socket is root of this host, who could read the data directory anyway.
    if (this.#endpoint.kind === "tls") authorize(acting, door);
    const controller = new AbortController();
    if (this.#stopping !== null) throw new SwarmError("unavailable", "the daemon is stopping");
    this.#calls.add(controller);
    // grpc-js also reports this when a call has ended normally.
    call.on("cancelled", () => {
      if (this.#calls.has(controller)) controller.abort(new SwarmError("cancelled", "the caller has gone"));
    });
    return {
      context: {
        caller: acting,
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

  /** The caller in the role in which it may act now. @throws SwarmError when it may not call at all. */
  #admit(caller: Caller): Caller {
    if (caller.kind !== "node") return caller;
    return { ...caller, role: this.#options.admit?.(caller) ?? caller.role };
  }

  #verify(certificate: X509Certificate): CertificateVerdict {
    const trust = mustHave(this.#trust, "the roots of a listening server");
    return verifyNodeCertificate(certificate, trust, this.#clock.wallNow());
  }

  /** @throws SwarmError when the caller's certificate is no longer acceptable. */
  #callerOf(address: string): Caller {
    if (this.#endpoint.kind === "unix") return { kind: "local" };
    const peer = this.#peers.get(address);
    if (peer === undefined) throw new SwarmError("unavailable", "the connection is closing");
    const verdict = this.#verify(peer.certificate);
    switch (verdict.kind) {
      case "valid":
        return callerBy(verdict.certificate, verdict.root, address);
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

function callerBy(certificate: NodeCertificate, certificateRoot: string, address: string): NodeCaller {
  const { nodeId, role, roleGeneration, clusterId } = certificate;
  return { kind: "node", nodeId, role, roleGeneration, certificateRoot, clusterId, address };
}

function trustOf(credentials: TlsCredentials): Trust {
  const { rootCa, clusterId } = credentials.material;
  return { roots: parseCertificates(rootCa, "the root certificate file"), clusterId };
}

function keyOf({ remoteAddress, remotePort }: Connection): string {
  return `${remoteAddress}:${remotePort}`;
}

function deadlineOf(call: AnyServerCall): number | null {
  const deadline = call.getDeadline();
  const atMs = typeof deadline === "number" ? deadline : deadline.getTime();
  return Number.isFinite(atMs) ? atMs : null;
}
