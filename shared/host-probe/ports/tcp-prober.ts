import { connect } from "node:net";
import type { Prober } from "../prober.ts";

/** Errors that only a living host (or its firewall, by rejecting) sends. */
const REFUSALS = new Set(["ECONNREFUSED", "ECONNRESET"]);
/** Nobody answered, or the way there says so. */
const SILENCES = new Set(["ETIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH"]);

/** Opens and drops TCP connections. */
export const tcpProber: Prober = {
  probe(host, port, timeoutMs) {
    return new Promise((resolve) => {
      const socket = connect({ host, port });
      const timer = setTimeout(() => finish("noAnswer"), timeoutMs);
      const finish: typeof resolve = (answer) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(answer);
      };
      socket.once("connect", () => finish("accepted"));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        const code = error.code ?? "";
        if (REFUSALS.has(code)) finish("refused");
        else finish(SILENCES.has(code) ? "noAnswer" : "notTried");
      });
    });
  },
};
