/** What a connection attempt to a host shows: refused = the host is alive, its daemon does not listen. */
export type ProbeAnswer = "refused" | "accepted";

/** Where every host listens for gossip, by UDP and TCP; whether anything answers there does not matter to a probe. */
export const GOSSIP_PORT = 7946;
/** A host on any network we span answers a connection attempt in this time, lost packets aside. */
export const PROBE_TIMEOUT_MS = 1_000;
/** One lost packet must not count as a lost host. */
export const PROBES_UNANSWERED_MIN = 2;

/**
 * One connection attempt. `noAnswer` also when a router says that the host cannot be reached; `notTried` when the
 * attempt failed on our own side and so shows nothing.
 */
export interface Prober {
  probe(host: string, port: number, timeoutMs: number): Promise<ProbeAnswer | "noAnswer" | "notTried">;
}
