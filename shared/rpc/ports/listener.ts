import type { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { Crowd } from "../../crowd.ts";
import { SwarmError } from "../../errors.ts";
import { mustHave } from "../../invariant.ts";
import type { Logger } from "../../log.ts";
import type { TlsCredentials, TlsMaterial } from "../../pki/tls-credentials.ts";
import type { InstantMs } from "../../ports/clock.ts";
import { someoneAnswers } from "../../ports/someone-answers.ts";
import { startListening } from "../../ports/start-listening.ts";
import { CONNECTIONS_MAX, LOCAL_CONNECTIONS_MAX, STRANGERS } from "../limits.ts";

/** Only root, who owns it, may connect. */
const SOCKET_MODE = 0o600;
const SOCKET_DIRECTORY_MODE = 0o700;

/** A port or path that accepts connections until disposed; connections that it has handed out stay open. */
export interface Listener extends AsyncDisposable {
  /** HOST:PORT with the port that was bound, or the socket's path. */
  readonly address: string;
  readonly port: number | null;
}

/** An accepted connection of either kind. */
export type Connection = Socket;

/**
 * A TLS connection with the certificate that its peer has proven to own, not verified in any other way; null = it sent
 * none. Call `prove` when the certificate is a member's.
 */
export type OnTlsConnection = (socket: Socket, certificate: X509Certificate | null, prove: () => void) => void;

export interface TlsListenOptions {
  readonly host: string;
  readonly port: number;
  readonly credentials: TlsCredentials;
  readonly log: Logger;
  readonly now: () => InstantMs;
  /** Whether an address is a member's; such addresses come first. */
  readonly isMember: (address: string) => boolean;
  readonly handshakeMs: number;
}

/**
 * Listens for TLS 1.3 with and without client certificates. Judging them is up to the caller, because a refusal should
 * be an answer with a sentence, which a broken handshake is not. The crowd decides who gets as far as a handshake:
 * accepting and closing a connection costs a twentieth of one.
 * @throws SwarmError failedPrecondition when the address cannot be bound.
 */
export async function listenTls(options: TlsListenOptions, onConnection: OnTlsConnection): Promise<Listener> {
  const { host, port, credentials, log, now, isMember, handshakeMs } = options;
  const crowd = new Crowd<Socket>(STRANGERS, { now, isMember, evict: (socket) => socket.destroy() });
  /** By `ADDRESS:PORT` of the peer: all that a TLS socket reveals about the connection below it. */
  const below = new Map<string, Socket>();
  const tls = createTlsServer({
    ...secureContextOf(credentials.material),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
    handshakeTimeout: handshakeMs,
  });
  const server = createServer({ noDelay: true }, (socket) => {
    const address = socket.remoteAddress;
    // It may be gone already; no one is interested in its error, if any.
    socket.on("error", () => {});
    if (address === undefined || !crowd.enter(socket, address)) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    below.set(key, socket);
    socket.once("close", () => {
      crowd.leave(socket);
      if (below.get(key) === socket) below.delete(key);
    });
    tls.emit("connection", socket);
  });
  server.maxConnections = CONNECTIONS_MAX;
  const following = credentials.onRotate(() => tls.setSecureContext(secureContextOf(credentials.material)));
  tls.on("tlsClientError", (error, socket) => {
    log.debug("a TLS handshake failed", { from: socket.remoteAddress, error: error.message });
    // Node only reports a handshake that takes too long, and leaves the connection open.
    socket.destroy();
  });
  tls.on("secureConnection", (socket) => {
    socket.on("error", (error) =>
      log.debug("a connection broke", { from: socket.remoteAddress, error: error.message }),
    );
    const raw = below.get(keyOf(socket));
    onConnection(socket, socket.getPeerX509Certificate() ?? null, () => {
      if (raw !== undefined) crowd.prove(raw);
    });
  });
  try {
    await startListening(server, { host, port }, `listen on ${host}:${port}`);
  } catch (error) {
    following[Symbol.dispose]();
    throw error;
  }
  const bound = boundPort(server);
  return {
    address: host.includes(":") ? `[${host}]:${bound}` : `${host}:${bound}`,
    port: bound,
    [Symbol.asyncDispose]: () => {
      following[Symbol.dispose]();
      return close(server);
    },
  };
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

/**
 * Listens on a unix socket of mode 0600. A socket file on which nothing answers is a dead daemon's and is replaced.
 * @throws SwarmError alreadyExists when a daemon answers; failedPrecondition when it cannot be made.
 */
export async function listenUnix(path: string, log: Logger, onConnection: (socket: Socket) => void): Promise<Listener> {
  const server = createServer((socket) => {
    socket.on("error", (error) => log.debug("a local connection broke", { error: error.message }));
    onConnection(socket);
  });
  server.maxConnections = LOCAL_CONNECTIONS_MAX;
  mkdirSync(dirname(path), { recursive: true, mode: SOCKET_DIRECTORY_MODE });
  if (await someoneAnswers(path)) {
    throw new SwarmError(
      "alreadyExists",
      `another daemon already listens on ${path}: stop it or choose another --run-dir`,
    );
  }
  rmSync(path, { force: true });
  await startListening(server, { path }, `listen on ${path}`);
  chmodSync(path, SOCKET_MODE);
  return { address: path, port: null, [Symbol.asyncDispose]: () => close(server) };
}

function secureContextOf(material: TlsMaterial): { ca: string; cert: string; key: string; minVersion: "TLSv1.3" } {
  const node = mustHave(material.node, "a node certificate to serve TLS with");
  return { ca: material.rootCa, cert: node.certificate, key: node.key, minVersion: "TLSv1.3" };
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Resolves when no new connections are accepted any more; does not wait for existing ones to end. */
function close(server: Server): Promise<void> {
  server.close();
  return Promise.resolve();
}
