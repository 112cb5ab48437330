import type { Logger } from "../../shared/log.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { Oddity } from "./core/effects.ts";
import type { WireFault } from "./wire/wire-error.ts";

/** One log line per peer in this time, however much it sends. */
const LOG_EVERY_MS = 60_000;
/** Peers that are logged in that time; forged addresses must fill neither memory nor log. */
export const PEERS_LOGGED_MAX = 256;

/** Why something of a peer was not followed. */
export type Refusal = WireFault | Oddity | "tooManyStreams";

/** What was received and sent, and what was refused. */
export class TrafficCounters {
  packetsSent = 0;
  bytesSent = 0;
  packetsReceived = 0;
  bytesReceived = 0;
  exchanges = 0;
  exchangesFailed = 0;
  readonly refused = new Map<Refusal, number>();

  readonly #clock: Clock;
  readonly #log: Logger;
  /** Oldest first. */
  readonly #logged = new Map<string, { readonly atMs: InstantMs; since: number }>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Counts refused input, and logs it once a minute for each peer. */
  refuse(what: Refusal, peer: string): void {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
    const last = this.#logged.get(peer);
    const nowMs = this.#clock.now();
    if (last !== undefined && nowMs - last.atMs < LOG_EVERY_MS) {
      last.since++;
      return;
    }
    this.#logged.delete(peer);
    for (const [oldest, { atMs }] of this.#logged) {
      if (nowMs - atMs < LOG_EVERY_MS) break;
      this.#logged.delete(oldest);
    }
    if (this.#logged.size >= PEERS_LOGGED_MAX) return;
    this.#logged.set(peer, { atMs: nowMs, since: 0 });
    this.#log.warn("gossip refused", { peer, reason: what, unreported: last?.since ?? 0 });
  }
}
