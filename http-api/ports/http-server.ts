import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "../../shared/log.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import type { Answer } from "../answer.ts";
import type { Backend } from "../backend.ts";
import { dispatch, gone, noteFault } from "../dispatch.ts";
import { errorAnswer } from "../errors.ts";
import { commonHeaders } from "../headers.ts";
import {
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADER_MS_MAX,
  IDLE_MS_MAX,
  KEEPALIVE_MS,
  TLS_HANDSHAKE_MS,
} from "../limits.ts";
import { type Route, RouteTable } from "../route.ts";
import { ROUTES } from "../routes.ts";
import type { ServerMaterial } from "./certificate-files.ts";
import { talkRaw } from "./raw-connection.ts";
import { dropRest, piecesOf } from "./request-body.ts";
import { writeAnswer } from "./write-answer.ts";

/** How often connections are looked at that take too long over their headers. */
const CHECK_MS = 2_000;
/** How long `stop` lets answers under way finish, once their callers are told. */
const STOP_GRACE_MS = 1_000;

export interface ApiServerOptions {
  readonly backend: Backend;
  readonly log: Logger;
  /** swarmd's. */
  readonly version: string;
  /** Default: all of the API. */
  readonly routes?: readonly Route[];
  /** Connections speak TLS, and their peers show a certificate of the authority. Default: they speak HTTP at once. */
  readonly tls?: ServerMaterial;
  /** Throws for a request that may not come in by this way. Default: every request may. */
  readonly judge?: (header: (name: string) => string) => void;
}

/** A request with its answer. `connection`: what is left when HTTP has ended there. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Duplex;
}

/** Docker's API on connections that others accept: `serve` them. */
export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #table: RouteTable;
  readonly #sockets = new Set<Socket>();
  readonly #calls = new Map<AbortController, Promise<void>>();
  readonly server: Server;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#table = new RouteTable(options.routes ?? ROUTES);
    this.server = makeServer(options.tls);
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on("connection", (socket) => this.#keep(socket));
    // The connection in TLS has its own errors, which nobody else hears of once it is raw.
    this.server.on("secureConnection", (socket: Socket) => this.#keep(socket));
    this.server.on("request", (request, response) => this.#begin(request, response, request.socket));
    // Whoever asks for another protocol may still get an answer in this one.
    this.server.on("upgrade", (request, socket) => {
      // While the body has not come whole, it is a stream of what comes behind that, and not the connection itself.
      const response = new ServerResponse(request);
      response.assignSocket(socket as Socket);
      response.shouldKeepAlive = false;
      response.once("finish", () => (socket as Socket).end());
      // The server no longer does it, because the connection is not HTTP's any more.
      socket.on("drain", () => response.emit("drain"));
      this.#begin(request, response, socket);
    });
    this.server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
      this.#refuseGarbage(error, socket as Socket),
    );
  }

  /** Serves whoever comes from now on with other certificates. */
  secure(material: ServerMaterial): void {
    (this.server as unknown as TlsServer).setSecureContext(material);
  }

  /** Tells callers that the daemon stops, and cuts what is left after a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    for (const call of this.#calls.keys()) call.abort(gone());
    const timeUp = Promise.withResolvers<void>();
    using _timer = systemClock.schedule(STOP_GRACE_MS, "http api: stop", () => timeUp.resolve());
    await Promise.race([Promise.all(this.#calls.values()), timeUp.promise]);
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", (error) => this.#options.log.debug("a connection to the API broke", { error: error.message }));
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #begin(request: IncomingMessage, response: ServerResponse, connection: Duplex): void {
    const call = new AbortController();
    const { socket } = request;
    const onClose = (): void => call.abort(gone());
    socket.once("close", onClose);
    const running = this.#answer({ request, response, connection }, call.signal)
      .catch((error: unknown) => {
        if (!call.signal.aborted) noteFault(this.#options.log, `${request.method} ${request.url}`, error);
        socket.destroy();
      })
      .finally(() => {
        socket.off("close", onClose);
        this.#calls.delete(call);
      });
    this.#calls.set(call, running);
  }

  async #answer({ request, response, connection }: Exchange, signal: AbortSignal): Promise<void> {
    const answer = await this.#dispatch(request, signal);
    if (signal.aborted) return;
    const headers = { ...commonHeaders(this.#options.version), ...answer.headers };
    if (answer.kind === "hijack") {
      // The connection is still that of the answer before, until Node.js has heard that it was written.
      if (response.socket === null) await once(response, "socket", { signal });
      response.detachSocket(connection as Socket);
      await talkRaw({ request, connection }, { ...answer, headers }, signal);
      return;
    }
    await writeAnswer(response, { ...answer, headers }, { signal, log: this.#options.log });
    await dropRest(request);
  }

  async #dispatch(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const header = (name: string): string => {
      const value = request.headers[name];
      return typeof value === "string" ? value : (value ?? []).join(", ");
    };
    try {
      this.#options.judge?.(header);
    } catch (error) {
      return errorAnswer(error);
    }
    return await dispatch(
      {
        method: request.method ?? "",
        target: request.url ?? "",
        header,
        body: { contentType: header("content-type"), pieces: piecesOf(request) },
        signal,
      },
      { ...this.#options, table: this.#table, clock: systemClock },
    );
  }

  /** What is no HTTP, or too long or too slow for it, gets a sentence and an end. */
  #refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const [status, message] =
      error.code === "HPE_HEADER_OVERFLOW"
        ? ["431 Request Header Fields Too Large", `the headers are longer than ${HEADER_BYTES_MAX} bytes`]
        : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
          ? ["408 Request Timeout", "the request did not come in time"]
          : ["400 Bad Request", "the request cannot be read: it is not HTTP"];
    const body = JSON.stringify({ message });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
}

/** Servers of HTTP with and without TLS have the same events and settings, which their types do not say. */
function makeServer(tls: ServerMaterial | undefined): Server {
  const options: ServerOptions = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADER_MS_MAX,
    keepAliveTimeout: IDLE_MS_MAX,
    // A body may be an image of gigabytes: its silence is limited, and not its time.
    requestTimeout: 0,
    connectionsCheckingInterval: CHECK_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
  };
  if (tls === undefined) return createServer(options);
  return createTlsServer({
    ...options,
    ...tls,
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: TLS_HANDSHAKE_MS,
  }) as unknown as Server;
}
