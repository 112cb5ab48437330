import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Oddity } from "./core/effects.ts";
import type { WireFault } from "./wire/wire-error.ts";

/** One line for each peer in this time, however much it sends. */
const LOG_EVERY_MS = 60_000;
/** Peers remembered for that; forged addresses must not fill the memory. */
const PEERS_MAX = 1_000;

/** What came and went, and what was refused. */
export class TrafficCounters {
  packetsSent = 0;
  bytesSent = 0;
  packetsReceived = 0;
  bytesReceived = 0;
  exchanges = 0;
  exchangesFailed = 0;
  readonly refused = new Map<WireFault | Oddity | "tooManyStreams", number>();

  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #loggedAtMs = new Map<string, number>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Counts refused input, and tells of it once a minute for each peer. */
  refuse(what: WireFault | Oddity | "tooManyStreams", peer: string): void {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
    const nowMs = this.#clock.now();
    const lastMs = this.#loggedAtMs.get(peer);
    if (lastMs !== undefined && nowMs - lastMs < LOG_EVERY_MS) return;
    if (this.#loggedAtMs.size >= PEERS_MAX) this.#loggedAtMs.clear();
    this.#loggedAtMs.set(peer, nowMs);
    this.#log.warn("gossip refused", { peer, reason: what });
  }
}
