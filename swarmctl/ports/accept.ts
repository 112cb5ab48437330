import { createServer, type Socket } from "node:net";
import { SwarmError } from "../../shared/errors.ts";

/** A TCP connection that somebody has made to this program. Dispose it to close it. */
export interface AcceptedConnection extends Disposable {
  readonly bytes: AsyncIterable<Buffer>;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
}

/** Listens until disposed. `where` is ADDRESS:PORT as it was bound. @throws SwarmError when it cannot be bound. */
export async function acceptOn(
  host: string,
  port: number,
  onConnection: (connection: AcceptedConnection) => void,
): Promise<AsyncDisposable & { readonly where: string }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    onConnection(toConnection(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new SwarmError("failedPrecondition", `cannot listen on ${host}:${port}: ${error.message}`)),
    );
    server.listen({ host, port }, resolve);
  });
  const bound = server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return {
    where: host.includes(":") ? `[${host}]:${boundPort}` : `${host}:${boundPort}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function toConnection(socket: Socket): AcceptedConnection {
  return {
    bytes: socket as AsyncIterable<Buffer>,
    write: async (bytes) => {
      if (socket.destroyed || socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off("drain", done).off("close", done);
          resolve();
        };
        socket.on("drain", done).on("close", done);
      });
    },
    end: () => void socket.end(),
    // What was written goes out first.
    [Symbol.dispose]: () => void socket.destroySoon(),
  };
}
