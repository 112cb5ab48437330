import { createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Crowd } from "../../shared/crowd.ts";
import type { Logger } from "../../shared/log.ts";
import { startListening } from "../../shared/ports/start-listening.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { CONNECTIONS_MAX, KEEPALIVE_MS, STRANGERS, TLS_HANDSHAKE_MS } from "../limits.ts";
import { type CertificatePaths, type ListenAddress, nameOf } from "../listen-address.ts";
import { refuseWebPages } from "../web-pages.ts";
import { CertificateFiles } from "./certificate-files.ts";
import { ApiServer, type ApiServerOptions } from "./http-server.ts";

type TcpAddress = Extract<ListenAddress, { readonly kind: "tcp" }>;

/** The first byte of a TLS connection: a record of a handshake. */
const HANDSHAKE_RECORD = 0x16;
const NOT_TLS = JSON.stringify({
  message: "Client sent an HTTP request to an HTTPS server: use TLS and a client certificate (docker --tlsverify)",
});

/**
 * Serves Docker's API on a port of TCP: to holders of a certificate, or, without files, to whoever reaches it.
 * @throws SwarmError failedPrecondition when the port or the files cannot be used.
 */
export async function openDockerTcp(
  address: TcpAddress,
  certificates: CertificatePaths | null,
  options: ApiServerOptions,
): Promise<AsyncDisposable> {
  return certificates === null
    ? await openPlain(address, options)
    : await TlsPort.open(
        address,
        new CertificateFiles(certificates, { clock: systemClock, log: options.log }),
        options,
      );
}

async function openPlain(address: TcpAddress, options: ApiServerOptions): Promise<AsyncDisposable> {
  const api = new ApiServer({ ...options, judge: refuseWebPages });
  await listen(api.server, address);
  return api;
}

/**
 * A port for TLS. Connections are accepted apart from the server of TLS: the crowd decides who gets as far as a
 * handshake, and who speaks plain HTTP is told so instead of being cut.
 */
class TlsPort implements AsyncDisposable {
  readonly #files: CertificateFiles;
  readonly #api: ApiServer;
  readonly #log: Logger;
  readonly #door: Server;
  readonly #crowd = new Crowd<Socket>(STRANGERS, {
    now: () => systemClock.now(),
    isMember: () => false,
    evict: (socket) => socket.destroy(),
  });
  /** Connections before the end of their handshake, by `ADDRESS:PORT` of the peer. */
  readonly #arriving = new Map<string, { readonly socket: Socket; readonly timer: Disposable }>();

  private constructor(files: CertificateFiles, options: ApiServerOptions) {
    this.#files = files;
    this.#log = options.log;
    this.#api = new ApiServer({ ...options, tls: files.material });
    this.#door = createServer(
      // Half of a raw connection may be closed. Hosts that lost power leave connections behind, which are found.
      { noDelay: true, allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
      (socket) => this.#greet(socket),
    );
    this.#door.maxConnections = CONNECTIONS_MAX;
    const { server } = this.#api;
    server.on("secureConnection", (socket: TLSSocket) => this.#admit(socket));
    server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      this.#log.debug("a TLS handshake with the API failed", { from: socket.remoteAddress, error: error.message });
      socket.destroy();
    });
  }

  static async open(address: TcpAddress, files: CertificateFiles, options: ApiServerOptions): Promise<TlsPort> {
    const port = new TlsPort(files, options);
    await listen(port.#door, address);
    // The server begins with this to look for connections that take too long over their headers.
    port.#api.server.emit("listening");
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#door.close();
    for (const { socket } of this.#arriving.values()) socket.destroy();
    await this.#api[Symbol.asyncDispose]();
  }

  #greet(socket: Socket): void {
    socket.on("error", (error) => this.#log.debug("a connection to the API broke", { error: error.message }));
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || !this.#crowd.enter(socket, remoteAddress)) {
      socket.destroy();
      return;
    }
    const timer = systemClock.schedule(TLS_HANDSHAKE_MS, "http api: a TLS handshake", () => socket.destroy());
    const key = keyOf(socket);
    this.#arriving.set(key, { socket, timer });
    socket.once("close", () => {
      timer[Symbol.dispose]();
      this.#crowd.leave(socket);
      if (this.#arriving.get(key)?.socket === socket) this.#arriving.delete(key);
    });
    const onEnd = (): void => void socket.destroy();
    socket.once("end", onEnd);
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.off("end", onEnd);
      if (first[0] !== HANDSHAKE_RECORD) {
        refusePlain(socket);
        return;
      }
      const changed = this.#files.takeChange();
      if (changed !== null) this.#api.secure(changed);
      socket.unshift(first);
      this.#api.server.emit("connection", socket);
    });
  }

  /** The handshake is over, and the certificate one of the authority's. */
  #admit(socket: TLSSocket): void {
    const key = keyOf(socket);
    const arrived = this.#arriving.get(key);
    if (arrived === undefined) return;
    this.#arriving.delete(key);
    arrived.timer[Symbol.dispose]();
    this.#crowd.prove(arrived.socket);
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

function refusePlain(socket: Socket): void {
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(NOT_TLS)}`,
    "Connection: close",
  ];
  // What else it sends is read and dropped until the time of a handshake is over, so that it sees the answer.
  socket.resume();
  socket.end(`${head.join("\r\n")}\r\n\r\n${NOT_TLS}`);
  socket.once("end", () => socket.destroy());
}

async function listen(server: Server, address: TcpAddress): Promise<void> {
  const { host, port } = address;
  await startListening(server, { host, port }, `serve Docker's API on ${nameOf(address)}`);
}
