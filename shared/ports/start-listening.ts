import type { Server } from "node:net";
import { messageOf, SwarmError } from "../errors.ts";

/**
 * Begins to listen; `what` is what cannot be done when that fails: "listen on 10.0.0.1:2377".
 * @throws SwarmError failedPrecondition, with the reason in words where people meet it often.
 */
export function startListening(
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
  what: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === "EADDRINUSE"
          ? "another process is using it"
          : cause.code === "EADDRNOTAVAIL"
            ? "no interface of this host has that address"
            : messageOf(cause);
      reject(new SwarmError("failedPrecondition", `cannot ${what}: ${why}`, { cause }));
    });
    server.listen(where, () => {
      server.removeAllListeners("error");
      // Running out of file descriptors must not end the daemon: the next connection may work again.
      server.on("error", () => {});
      resolve();
    });
  });
}
