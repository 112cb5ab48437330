import { SwarmError } from "../../shared/errors.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { NetworkedContainer } from "../ports/host-network.ts";
import { hasAddress } from "./task-places.ts";

/** How long a task waits for the table of its network; both come in the same message, but in either order. */
export const TABLE_WAIT_MS = 5_000;

/** The tables that came from the managers, those of this host's own networks, and who waits for more of them. */
export class KnownTables {
  readonly #clock: Clock;
  /** Whether this host can take part in the network by these tables. */
  readonly #isUsable: (networkId: string, tables: readonly NetworkTable[]) => boolean;
  /** Null until they came for the first time: without tables nothing can be said to be wrong. */
  #swarm: readonly NetworkTable[] | null = null;
  /** Of networks that this host has for itself. */
  #local: readonly NetworkTable[] = [];
  /** Both; the same object for as long as nothing is new. */
  #tables: readonly NetworkTable[] | null = null;
  #came = Promise.withResolvers<void>();

  constructor(clock: Clock, isUsable: (networkId: string, tables: readonly NetworkTable[]) => boolean) {
    this.#clock = clock;
    this.#isUsable = isUsable;
  }

  get all(): readonly NetworkTable[] | null {
    return this.#tables;
  }

  set(tables: readonly NetworkTable[]): void {
    // What is told again is nothing new: whatever is not as it says then is damage.
    if (tables === this.#swarm && this.#tables !== null) return;
    this.#swarm = tables;
    this.#combine();
  }

  setLocal(tables: readonly NetworkTable[]): void {
    this.#local = tables;
    this.#combine();
  }

  /** What the managers said. */
  forget(): void {
    this.#swarm = null;
    this.#tables = null;
  }

  #combine(): void {
    this.#tables = this.#swarm === null ? null : [...this.#swarm, ...this.#local];
    this.#came.resolve();
    this.#came = Promise.withResolvers();
  }

  /**
   * The tables, once they tell all that the task's attachment depends on.
   * @throws SwarmError unavailable after `TABLE_WAIT_MS`, naming the network.
   */
  async of(task: NetworkedContainer): Promise<readonly NetworkTable[]> {
    const deadline = this.#clock.now() + TABLE_WAIT_MS;
    for (let left = TABLE_WAIT_MS; left > 0; left = deadline - this.#clock.now()) {
      if (this.#tables !== null && this.#missing(task, this.#tables) === null) return this.#tables;
      const waiting = new AbortController();
      const timeout = sleep(this.#clock, left, "network table", waiting.signal).catch(() => {});
      await Promise.race([this.#came.promise, timeout]);
      waiting.abort();
    }
    const missing = this.#missing(task, this.#tables ?? []);
    throw new SwarmError(
      "unavailable",
      `this host has not got the table of ${missing === null ? "any network" : `network ${this.nameOf(missing)}`} ` +
        `from the managers yet, which task ${task.id} needs; if \`swarmctl info\` says there that it is locked, unlock it`,
    );
  }

  /** What people call a network of the swarm; its id where no table tells. */
  nameOf(networkId: string): string {
    const known = this.#tables?.find(({ network }) => network?.id === networkId)?.network;
    return known?.spec?.annotations?.name ?? networkId;
  }

  /** The id of a network of the task that the tables do not tell enough about; null = there is none. */
  #missing({ networks }: NetworkedContainer, tables: readonly NetworkTable[]): string | null {
    const place = networks.find((one) => hasAddress(one) && !this.#isUsable(one.networkId, tables));
    return place?.networkId ?? null;
  }
}
