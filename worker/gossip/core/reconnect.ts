import type { InstantMs } from "../../../shared/ports/clock.ts";
import { pick } from "../../../shared/ports/random.ts";
import { type Endpoint, toKey } from "../wire/address.ts";
import type { Context } from "./context.ts";
import { isGone, type Member } from "./member.ts";

/** Lost members remembered; the oldest go first. */
export const LOST_MAX = 10_000;
/** 2^5 times the first delay is more than any profile's longest. */
const DOUBLINGS_MAX = 5;

/**
 * Heals splits: members that have been dead too long to be sent news, and seeds that are not members, are asked for an
 * exchange for ever, one at a time, less and less often; any change in the membership makes it quick again.
 */
export class Reconnect {
  readonly #context: Context;
  readonly #lost = new Map<string, { readonly endpoint: Endpoint; readonly sinceMs: InstantMs }>();
  #seeds: readonly Endpoint[] = [];
  #attempts = 0;
  #nextAtMs: InstantMs;

  constructor(context: Context) {
    this.#context = context;
    this.#nextAtMs = context.nowMs;
  }

  /**
   * Where members should be, from elsewhere (managers' addresses); tried as long as no member has that address.
   */
  setSeeds(seeds: readonly Endpoint[]): void {
    const known = new Set(this.#seeds.map(toKey));
    if (seeds.some((seed) => !known.has(toKey(seed)))) this.hurry();
    this.#seeds = seeds;
  }

  /** A member that is removed from the table because it has been dead for so long. */
  remember({ name, endpoint, state }: Member): void {
    if (state === "left") return;
    for (const oldest of this.#lost.keys()) {
      if (this.#lost.size < LOST_MAX) break;
      this.#lost.delete(oldest);
    }
    this.#lost.set(name, { endpoint, sinceMs: this.#context.nowMs });
  }

  /** The membership changed: whoever was out of reach may be back. */
  hurry(): void {
    const { reconnectMs } = this.#context.profile;
    this.#attempts = 0;
    if (reconnectMs !== null) this.#nextAtMs = Math.min(this.#nextAtMs, this.#context.nowMs + reconnectMs);
  }

  get dueMs(): InstantMs {
    const isIdle = this.#context.profile.reconnectMs === null || (this.#seeds.length === 0 && this.#lost.size === 0);
    return isIdle ? Number.POSITIVE_INFINITY : this.#nextAtMs;
  }

  postpone(byMs: number): void {
    this.#nextAtMs += byMs;
  }

  tick(): void {
    const { nowMs, profile, random } = this.#context;
    const { reconnectMs, reconnectMaxMs, streamTimeoutMs } = profile;
    if (reconnectMs === null || nowMs < this.dueMs) return;
    const candidates = this.#candidates();
    const delayMs = Math.min(reconnectMaxMs, reconnectMs * 2 ** Math.min(this.#attempts, DOUBLINGS_MAX));
    // Both halves of a split must not call each other at the same moments.
    this.#nextAtMs = nowMs + delayMs - random.below(Math.ceil(delayMs / 4));
    this.#attempts++;
    if (candidates.length === 0) return;
    this.#context.emit({ kind: "exchange", to: pick(random, candidates), join: true, timeoutMs: streamTimeoutMs });
  }

  #candidates(): readonly Endpoint[] {
    const { table, nowMs, profile } = this.#context;
    for (const [name, { sinceMs }] of this.#lost) {
      const member = table.get(name);
      const isBack = member !== undefined && !isGone(member);
      if (isBack || nowMs - sinceMs > profile.lostKeepMs) this.#lost.delete(name);
    }
    return [...this.#seeds, ...[...this.#lost.values()].map(({ endpoint }) => endpoint)].filter((endpoint) => {
      const member = table.at(endpoint);
      return member === undefined || isGone(member);
    });
  }
}
