import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, isIPv6, type Server, type Socket } from "node:net";
import { messageOf, SwarmError } from "../../../shared/errors.ts";
import type { GossipStream, OpenTransport } from "../gossip-transport.ts";
import { addressFromBytes, addressToBytes, type Endpoint } from "../wire/address.ts";

/** A burst of gossip must not be dropped while one turn of the event loop takes long. */
const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;
/** Tries to find a port that is free for both protocols, when any will do. */
const PORT_TRIES = 10;

/** Real sockets. */
export const openSystemTransport: OpenTransport = async (listen, events) => {
  for (let tries = 1; ; tries++) {
    try {
      return await openBoth(listen, events);
    } catch (error) {
      if (listen.port === 0 && tries < PORT_TRIES) continue;
      const where = `${listen.address} port ${listen.port}`;
      throw new SwarmError("failedPrecondition", `Cannot listen for gossip on ${where}: ${messageOf(error)}.`);
    }
  }
};

const openBoth: OpenTransport = async (listen, events) => {
  const streams = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => events.onStream(toStream(socket, streams)));
  await listenOn(server, listen);
  const local = { address: listen.address, port: (server.address() as AddressInfo).port };
  const udp = createSocket({ type: isIPv6(listen.address) ? "udp6" : "udp4" });
  udp.on("message", (bytes, { address, port }) => events.onPacket(bytes, { address: normal(address), port }));
  try {
    udp.bind(local.port, local.address);
    await once(udp, "listening");
  } catch (error) {
    // A caller waiting for the port tries again and again: no attempt may leave anything open.
    server.close();
    udp.close();
    throw error;
  }
  // What the system reports about lost packets (a refused port) adds nothing to what a probe shows.
  udp.on("error", () => {});
  udp.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  return {
    local,
    send(bytes, to) {
      try {
        udp.send(bytes, to.port, to.address, () => {});
      } catch {
        // Members say where they are, and Node throws at port 0: one of them must not end the others' daemons.
      }
    },
    dial: (to) => toStream(connect({ host: to.address, port: to.port, allowHalfOpen: true }), streams, to),
    async [Symbol.asyncDispose]() {
      const closed = [once(udp, "close"), once(server, "close")];
      udp.close();
      server.close();
      for (const socket of streams) socket.destroy();
      await Promise.all(closed);
    },
  };
};

async function listenOn(server: Server, { address, port }: Endpoint): Promise<void> {
  server.listen({ host: address, port });
  await once(server, "listening");
  server.on("error", () => {});
}

function toStream(socket: Socket, streams: Set<Socket>, to?: Endpoint): GossipStream {
  streams.add(socket);
  socket.once("close", () => streams.delete(socket));
  const chunks: AsyncIterator<Uint8Array> = socket[Symbol.asyncIterator]();
  // Errors appear in `read` and `send`; without a listener they would end the process.
  socket.on("error", () => {});
  const peer = to ?? { address: normal(socket.remoteAddress ?? "0.0.0.0"), port: socket.remotePort ?? 0 };
  return {
    peer,
    async read() {
      const next = await chunks.next();
      return next.done === true ? null : next.value;
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    end: () => socket.end(),
    close: () => socket.destroy(),
  };
}

/** Sockets give IPv4 peers of an IPv6 socket as mapped addresses. */
function normal(address: string): string {
  return addressFromBytes(addressToBytes(address));
}
