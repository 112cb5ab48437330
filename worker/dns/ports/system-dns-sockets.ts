import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6, type Socket } from "node:net";
import type { DnsConnection, DnsListenEvents, DnsListener, DnsSockets } from "../../ports/dns-sockets.ts";
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
    const open = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      events.onConnection(toConnection(socket, open)),
    );
    server.listen({ host: address, port: this.#port, backlog: BACKLOG });
    await once(server, "listening");
    server.on("error", () => {});
    const udp = createSocket({ type: isIPv6(address) ? "udp6" : "udp4" });
    try {
      udp.bind(this.#port, address);
      await once(udp, "listening");
    } catch (error) {
      server.close();
      udp.close();
      throw error;
    }
    // What the system reports of lost packets tells nothing that matters here.
    udp.on("error", () => {});
    udp.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    udp.on("message", (bytes, from) => events.onPacket(bytes, { address: from.address, port: from.port }));
    return {
      send(bytes, to) {
        try {
          udp.send(bytes, to.port, to.address, () => {});
        } catch {
          // Node throws at port 0, which anybody may have sent from.
        }
      },
      async [Symbol.asyncDispose]() {
        const closed = [once(udp, "close"), once(server, "close")];
        udp.close();
        server.close();
        for (const socket of open) socket.destroy();
        await Promise.all(closed);
      },
    };
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

function toConnection(socket: Socket, open: Set<Socket>): DnsConnection {
  open.add(socket);
  socket.once("close", () => open.delete(socket));
  // Shows in `read` and `send`; without a listener it would end the process.
  socket.on("error", () => {});
  const chunks: AsyncIterator<Uint8Array> = socket[Symbol.asyncIterator]();
  return {
    peer: { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
    async read() {
      const next = await chunks.next();
      return next.done === true ? null : next.value;
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => socket.destroy(),
  };
}
