import { Socket } from "node:net";
import { type ByteConnection, byteConnection } from "../../shared/ports/byte-connection.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import type { ConnectInside } from "./connect-inside.ts";
import { inNamespace, openNamespace } from "./network-namespaces.ts";
import { closeFile, openTcpSocket } from "./system-calls.ts";

/** A service that listens there answers at once. */
const CONNECT_MS_MAX = 5_000;

/** The socket is made inside, and belongs there wherever it is used. */
export const systemConnectInside: ConnectInside = async (namespace, port) => {
  const file = openNamespace(namespace);
  try {
    return await connectTo(file, "127.0.0.1", port).catch(() => connectTo(file, "::1", port));
  } finally {
    closeFile(file);
  }
};

async function connectTo(namespace: number, host: string, port: number): Promise<ByteConnection> {
  const fd = inNamespace(namespace, () => openTcpSocket(host.includes(":")));
  const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  using _late = systemClock.schedule(CONNECT_MS_MAX, "connect inside", () => socket.destroy(new Error("no answer")));
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject).connect({ host, port }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.setNoDelay(true).on("error", () => {});
  return byteConnection(socket, "at once");
}
