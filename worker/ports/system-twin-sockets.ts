import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, isIPv6, type Socket } from "node:net";

export interface TwinOptions {
  readonly address: string;
  /** 0 = any that is free for TCP; it may be taken for UDP. */
  readonly port: number;
  /** Connections that wait to be accepted; absent = Node's default. */
  readonly backlog?: number;
  /** What waits to be read while one turn of the event loop takes long. */
  readonly receiveBufferBytes: number;
  readonly onConnection: (socket: Socket) => void;
  readonly onPacket: (bytes: Buffer, from: { readonly address: string; readonly port: number }) => void;
}

/** One port of one address, open for TCP and UDP. Disposing it ends its connections, too. */
export interface TwinSockets extends AsyncDisposable {
  readonly port: number;
  send(bytes: Uint8Array, to: { readonly address: string; readonly port: number }): void;
  /** A connection that it has begun, and that ends with it. */
  adopt(socket: Socket): void;
}

/** @throws what the system says; then nothing is left open. */
export async function openTwinSockets(options: TwinOptions): Promise<TwinSockets> {
  const { address, backlog, receiveBufferBytes, onConnection, onPacket } = options;
  const open = new Set<Socket>();
  const adopt = (socket: Socket): void => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    // Shows where it is read and written; without a listener it would end the process.
    socket.on("error", () => {});
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    adopt(socket);
    onConnection(socket);
  });
  server.listen({ host: address, port: options.port, ...(backlog === undefined ? {} : { backlog }) });
  await once(server, "listening");
  server.on("error", () => {});
  const { port } = server.address() as AddressInfo;
  const udp = createSocket({ type: isIPv6(address) ? "udp6" : "udp4" });
  try {
    udp.bind(port, address);
    await once(udp, "listening");
  } catch (error) {
    // A caller that waits for the port tries again and again: no attempt may leave anything open.
    server.close();
    udp.close();
    throw error;
  }
  // What the system reports of lost packets (a refused port) tells nothing that matters here.
  udp.on("error", () => {});
  udp.setRecvBufferSize(receiveBufferBytes);
  udp.on("message", (bytes, from) => onPacket(bytes, from));
  return {
    port,
    adopt,
    send(bytes, to) {
      try {
        udp.send(bytes, to.port, to.address, () => {});
      } catch {
        // Node throws at port 0, which anybody may have sent from, or said to be at.
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

/** What both kinds of streams do with a connection. */
export function byChunks(socket: Socket): {
  /** null = the other end has said all. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when it is handed to the system. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
} {
  const chunks: AsyncIterator<Uint8Array> = socket[Symbol.asyncIterator]();
  return {
    async read() {
      const next = await chunks.next();
      return next.done === true ? null : next.value;
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => void socket.destroy(),
  };
}
