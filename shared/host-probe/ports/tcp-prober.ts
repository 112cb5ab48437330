import { connect } from "node:net";
import { systemClock } from "../../ports/system-clock.ts";
import type { Prober } from "../prober.ts";

/** Errors that only a living host (or its firewall, by rejecting) sends. */
const REFUSALS = new Set(["ECONNREFUSED", "ECONNRESET"]);
/** Nobody answered, or a router on the way said that nobody would. */
const SILENCES = new Set(["ETIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH"]);

/** Opens and drops TCP connections. */
export const tcpProber: Prober = {
  probe(host, port, timeoutMs) {
    return new Promise((resolve) => {
      const socket = connect({ host, port });
      const timer = systemClock.schedule(timeoutMs, "probe", () => finish("noAnswer"));
      const finish: typeof resolve = (answer) => {
        timer[Symbol.dispose]();
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
