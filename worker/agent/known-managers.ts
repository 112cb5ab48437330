import type { InstantMs } from "../../shared/ports/clock.ts";
import { type Random, shuffled } from "../../shared/ports/random.ts";

/** How long a manager that failed is skipped, even if another still calls it the leader. */
export const MANAGER_AVOID_MS = 2_000;

/** Which manager to try next. */
export class KnownManagers {
  readonly #random: Random;
  #addresses: readonly string[];
  readonly #failedAtMs = new Map<string, InstantMs>();
  /**
   * Determines the order of choice; a manager that only names another as leader has not failed, yet it is not the next
   * to ask.
   */
  readonly #chosenAtMs = new Map<string, InstantMs>();
  #hint: string | null = null;

  constructor(addresses: readonly string[], random: Random) {
    this.#addresses = [...new Set(addresses)];
    this.#random = random;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Replaces the list; an empty one is ignored, since it would cut this host off for good. */
  replace(addresses: readonly string[]): void {
    if (addresses.length > 0) this.#addresses = [...new Set(addresses)];
  }

  /** Another manager named the leader. */
  onHint(address: string): void {
    this.#hint = address;
  }

  onFailure(address: string, nowMs: InstantMs): void {
    this.#failedAtMs.set(address, nowMs);
  }

  onSuccess(address: string): void {
    this.#failedAtMs.delete(address);
    this.#hint = address;
  }

  /**
   * The leader if known, unless it has just failed; otherwise the manager that was asked longest ago. null = none
   * known.
   */
  takeNext(nowMs: InstantMs): string | null {
    const hint = this.#hint !== null && !this.#isAvoided(this.#hint, nowMs) ? this.#hint : null;
    const chosen = hint ?? this.#longestUnasked();
    if (chosen !== null) this.#chosenAtMs.set(chosen, nowMs);
    return chosen;
  }

  #longestUnasked(): string | null {
    const askedAtMs = (address: string): InstantMs => this.#chosenAtMs.get(address) ?? Number.NEGATIVE_INFINITY;
    const inOrder = shuffled(this.#random, this.#addresses).sort((a, b) => (askedAtMs(a) < askedAtMs(b) ? -1 : 1));
    return inOrder[0] ?? this.#hint;
  }

  #isAvoided(address: string, nowMs: InstantMs): boolean {
    const failedAtMs = this.#failedAtMs.get(address);
    return failedAtMs !== undefined && nowMs - failedAtMs < MANAGER_AVOID_MS;
  }
}
