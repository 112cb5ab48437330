import { connect } from "node:net";
import { messageOf, SwarmError } from "../../../shared/errors.ts";

/**
 * Opens a TCP connection to HOST:PORT and closes it again: proof that someone listens there.
 * @throws SwarmError failedPrecondition when nobody answers within `timeoutMs`.
 */
export function tcpDial(address: string, timeoutMs: number): Promise<void> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const port = Number(address.slice(colon + 1));
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      socket.destroy();
      reject(
        new SwarmError(
          "failedPrecondition",
          `the leader cannot reach the new manager at ${address} (${why}): check its --advertise-addr and firewall`,
        ),
      );
    };
    const socket = connect({ host, port, timeout: timeoutMs });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => fail(`no answer within ${timeoutMs / 1_000} s`));
    socket.once("error", (error) => fail(messageOf(error)));
  });
}
