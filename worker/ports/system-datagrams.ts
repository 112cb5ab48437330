import { createSocket } from "node:dgram";
import type { Datagrams } from "./datagrams.ts";

/** IPv4, by the host's own kernel. */
export const systemDatagrams: Datagrams = {
  open: (address, port, onPacket) =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      socket.once("error", reject);
      socket.on("message", (bytes, from) => onPacket(bytes, from.address));
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off("error", reject);
        // What cannot be sent now shows as silence at the other end.
        socket.on("error", () => {});
        resolve({
          send: (bytes, to) => socket.send(bytes, port, to, () => {}),
          [Symbol.dispose]: () => void socket.close(),
        });
      });
    }),
};
