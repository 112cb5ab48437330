import { createServer, type Socket } from "node:net";
import { SwarmError } from "../../shared/errors.ts";
import { type ByteConnection, byteConnection } from "../../shared/ports/byte-connection.ts";

/** Listens until disposed. `where` is ADDRESS:PORT as it was bound. @throws SwarmError when it cannot be bound. */
export async function acceptOn(
  host: string,
  port: number,
  onConnection: (connection: ByteConnection) => void,
): Promise<AsyncDisposable & { readonly where: string }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    // What was written goes out first.
    onConnection(byteConnection(socket, "after sending"));
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
