import { backoffMs } from "../../../shared/backoff.ts";
import { messageOf, SwarmError } from "../../../shared/errors.ts";
import { type Logger, levelOfFailure } from "../../../shared/log.ts";
import { type Clock, sleep } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { ContainerPlace } from "../../../shared/rpc/gen/networks.ts";
import type { Guest, Network } from "../../../shared/rpc/gen/objects.ts";
import type { GuestKeeper, GuestLink } from "../../ports/guest-keeper.ts";

/** How long a start waits for an address: longer than a change of the leader takes. */
export const HOLD_MS_MAX = 10_000;
const RETRY = { baseMs: 200, maxMs: 5_000 } as const;

/** A place that a container is to have on a network of the swarm. */
export interface WantedPlace {
  readonly networkId: string;
  /** Without prefix length; "" = any. */
  readonly wished: string;
  readonly wished6: string;
  /** No other address will do. */
  readonly insists: boolean;
}

export interface SwarmPlacesParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly isInSwarm: () => boolean;
  /** By which names others on the network find the container. */
  readonly namesOf: (containerId: string, networkId: string) => readonly string[];
}

interface Held {
  readonly places: readonly WantedPlace[];
  /** For whoever waits for addresses. */
  readonly answered: PromiseWithResolvers<readonly ContainerPlace[]>;
}

/**
 * Which own containers of this host are on networks of the swarm. The leader is told the whole of it, at first and
 * whenever it changes, one telling after the other: so a new leader, and one that missed something, has it right.
 */
export class SwarmPlaces implements GuestKeeper {
  readonly #parts: SwarmPlacesParts;
  readonly #held = new Map<string, Held>();
  #link: GuestLink | null = null;
  /** Ends what is under way with a leader. */
  #session = new AbortController();
  /** What this session's leader has been told; null = nothing. */
  #told: string | null = null;
  #isTelling = false;
  #came = Promise.withResolvers<void>();

  constructor(parts: SwarmPlacesParts) {
    this.#parts = parts;
  }

  onSession(link: GuestLink): void {
    this.#session = new AbortController();
    this.#link = link;
    this.#told = null;
    this.#came.resolve();
    this.refresh();
  }

  onSessionOver(): void {
    this.#link = null;
    this.#came = Promise.withResolvers();
    this.#session.abort(new SwarmError("unavailable", "the session with the leader is over"));
  }

  /** The network that is meant. @throws SwarmError notFound, permissionDenied, unavailable. */
  async find(ref: string): Promise<Network> {
    return await this.#within(`network ${ref.slice(0, 100)} cannot be looked up`, async (signal) => {
      if (this.#link === null) await this.#came.promise;
      if (this.#link === null) throw new SwarmError("unavailable", "no leader of the swarm is in reach");
      return await this.#link.findNetwork(ref, AbortSignal.any([signal, this.#session.signal]));
    });
  }

  /**
   * The places of a container, with addresses. They are its own until `release`.
   * @throws SwarmError; then it has none of them.
   */
  async hold(containerId: string, places: readonly WantedPlace[]): Promise<readonly ContainerPlace[]> {
    if (places.length === 0) {
      this.release(containerId);
      return [];
    }
    const held = this.adopt(containerId, places);
    try {
      return await this.#within("no address on a network of the swarm can be had", () => held.answered.promise);
    } catch (error) {
      if (this.#held.get(containerId) === held) this.release(containerId);
      throw error;
    }
  }

  /** At the daemon's start: a container runs, and has these places. */
  adopt(containerId: string, places: readonly WantedPlace[]): Held {
    const held = { places, answered: Promise.withResolvers<readonly ContainerPlace[]>() };
    held.answered.promise.catch(() => {});
    this.#held.set(containerId, held);
    // Whoever is told of already is told of again, so that somebody hears the answer.
    this.#told = null;
    this.refresh();
    return held;
  }

  release(containerId: string): void {
    if (this.#held.delete(containerId)) this.refresh();
  }

  /** Tells the leader what it does not know yet, also that names have changed. */
  refresh(): void {
    if (this.#link === null || this.#isTelling || JSON.stringify(this.#guests()) === this.#told) return;
    this.#isTelling = true;
    void this.#tell()
      .catch((error: unknown) => {
        this.#parts.log.error("own containers on networks of the swarm are not told of", { error: messageOf(error) });
      })
      .finally(() => {
        this.#isTelling = false;
        this.refresh();
      });
  }

  /** Until the leader knows everything, or is none any more. */
  async #tell(): Promise<void> {
    const { clock, random, log } = this.#parts;
    for (let failures = 0; this.#link !== null; ) {
      const asked = [...this.#held];
      const guests = this.#guests();
      const text = JSON.stringify(guests);
      if (text === this.#told) return;
      const { signal } = this.#session;
      try {
        this.#told = text;
        this.#take(asked, await this.#link.tellGuests(guests, signal));
        failures = 0;
      } catch (error) {
        if (this.#told === text) this.#told = null;
        if (signal.aborted) continue;
        failures++;
        log[levelOfFailure(failures)]("own containers on networks of the swarm are not told of yet", {
          failures,
          error: messageOf(error),
        });
        const delayMs = backoffMs(failures - 1, RETRY, random);
        await sleep(clock, delayMs, "engine: tell guests again", signal).catch(() => {});
      }
    }
  }

  #guests(): readonly Guest[] {
    return [...this.#held].flatMap(([containerId, { places }]) =>
      places.map((place) => ({
        ...place,
        containerId,
        names: [...this.#parts.namesOf(containerId, place.networkId)],
        ...{ id: "", meta: null, nodeId: "", address: "", address6: "", err: "" },
      })),
    );
  }

  #take(asked: readonly (readonly [string, Held])[], answer: readonly Guest[]): void {
    let at = 0;
    for (const [containerId, { places, answered }] of asked) {
      const own = answer.slice(at, at + places.length);
      at += places.length;
      const refused = own.find(({ err, address }) => err !== "" || address === "");
      if (refused === undefined && own.length === places.length) {
        answered.resolve(own.map(({ networkId, address, address6 }) => ({ networkId, address, address6 })));
        continue;
      }
      const why = refused?.err || "the leader gave no address in time";
      answered.reject(new SwarmError("failedPrecondition", why));
      this.#parts.log.debug("a container has no place on a network of the swarm", { containerId, why });
    }
  }

  async #within<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (!this.#parts.isInSwarm()) throw new SwarmError("unavailable", `${what}: this host is in no swarm`);
    const over = new AbortController();
    const late = sleep(this.#parts.clock, HOLD_MS_MAX, "engine: wait for the leader", over.signal).then(() => {
      throw new SwarmError(
        "unavailable",
        `${what}: no leader of the swarm has answered within ${HOLD_MS_MAX / 1_000} s`,
      );
    });
    late.catch(() => {});
    try {
      return await Promise.race([work(over.signal), late]);
    } finally {
      over.abort(new SwarmError("cancelled", "the wait is over"));
    }
  }
}
