import { connect, type Socket } from "node:net";
import { messageOf, SwarmError } from "../../../shared/errors.ts";
import { byChunks, openTwinSockets } from "../../ports/system-twin-sockets.ts";
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
  const {
    port,
    send,
    adopt,
    [Symbol.asyncDispose]: close,
  } = await openTwinSockets({
    ...listen,
    receiveBufferBytes: RECEIVE_BUFFER_BYTES,
    onConnection: (socket) => events.onStream(toStream(socket)),
    onPacket: (bytes, from) => events.onPacket(bytes, { address: normal(from.address), port: from.port }),
  });
  return {
    local: { address: listen.address, port },
    send,
    dial(to) {
      const socket = connect({ host: to.address, port: to.port, allowHalfOpen: true });
      adopt(socket);
      return toStream(socket, to);
    },
    [Symbol.asyncDispose]: close,
  };
};

function toStream(socket: Socket, to?: Endpoint): GossipStream {
  const peer = to ?? { address: normal(socket.remoteAddress ?? "0.0.0.0"), port: socket.remotePort ?? 0 };
  return { peer, ...byChunks(socket), end: () => socket.end() };
}

/** Sockets give IPv4 peers of an IPv6 socket as mapped addresses. */
function normal(address: string): string {
  return addressFromBytes(addressToBytes(address));
}
