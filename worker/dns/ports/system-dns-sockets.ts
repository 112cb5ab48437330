import { createSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import type { DnsConnection, DnsListenEvents, DnsListener, DnsSockets } from "../../ports/dns-sockets.ts";
import { byChunks, openTwinSockets } from "../../ports/system-twin-sockets.ts";
import { FrameReader, frame } from "../frames.ts";
import { TCP_BYTES_MAX } from "../limits.ts";

const DNS_PORT = 53;
/** A burst of questions must not be dropped while one turn of the event loop takes long. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** Connections that wait to be accepted. */
const BACKLOG = 64;

/** Real sockets. `port` is another one than 53 only in tests. */
export class SystemDnsSockets implements DnsSockets {
  readonly #port: number;

  constructor(port: number = DNS_PORT) {
    this.#port = port;
  }

  async listen(address: string, events: DnsListenEvents): Promise<DnsListener> {
    const { send, [Symbol.asyncDispose]: close } = await openTwinSockets({
      ...{ address, port: this.#port, backlog: BACKLOG, receiveBufferBytes: RECEIVE_BUFFER_BYTES },
      onConnection: (socket) => events.onConnection(toConnection(socket)),
      onPacket: (bytes, from) => events.onPacket(bytes, { address: from.address, port: from.port }),
    });
    return { send, [Symbol.asyncDispose]: close };
  }

  ask(...[server, transport, message, accepts, signal]: Parameters<DnsSockets["ask"]>): Promise<Uint8Array> {
    const target = { address: server, port: this.#port };
    return transport === "udp" ? askUdp(target, message, accepts, signal) : askTcp(target, message, accepts, signal);
  }
}

interface Target {
  readonly address: string;
  readonly port: number;
}

function askUdp(
  { address, port }: Target,
  message: Uint8Array,
  accepts: (answer: Uint8Array) => boolean,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const socket = createSocket({ type: isIPv6(address.split("%")[0] ?? "") ? "udp6" : "udp4" });
  const onAbort = (): void => reject(signal.reason);
  socket.on("error", reject);
  socket.on("message", (bytes) => {
    if (accepts(bytes)) resolve(bytes);
  });
  // Connected: the kernel lets nothing through but packets of that address and port, and tells of a refusal.
  socket.connect(port, address, () => socket.send(message, (error) => error && reject(error)));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  });
}

function askTcp(
  { address, port }: Target,
  message: Uint8Array,
  accepts: (answer: Uint8Array) => boolean,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const socket = connect({ host: address, port, noDelay: true });
  const frames = new FrameReader(TCP_BYTES_MAX);
  const onAbort = (): void => reject(signal.reason);
  socket.on("error", reject);
  socket.on("close", () => reject(new Error(`${address} closed the connection`)));
  socket.on("data", (bytes: Buffer) => {
    const answer = frames.push(bytes).find(accepts);
    if (answer !== undefined) resolve(answer);
  });
  socket.write(frame(message));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

function toConnection(socket: Socket): DnsConnection {
  return { peer: { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 }, ...byChunks(socket) };
}
