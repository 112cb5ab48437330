import type { ProbeAnswer } from "./judge-node.ts";

/**
 * One connection attempt. `noAnswer` also when a router says that the host cannot be reached; `notTried` when the
 * attempt failed on our own side and tells nothing.
 */
export interface Prober {
  probe(host: string, port: number, timeoutMs: number): Promise<ProbeAnswer | "noAnswer" | "notTried">;
}
