import { messageOf, SwarmError } from "../../../shared/errors.ts";
import { createId, type NetworkId } from "../../../shared/ids.ts";
import { toBlock } from "../../../shared/ip-block.ts";
import { hasLabel } from "../../../shared/objects/labels.ts";
import { asNetwork } from "../../../shared/objects/local-network.ts";
import { PREDEFINED_NETWORKS } from "../../../shared/objects/network.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { NetworkTable } from "../../../shared/rpc/gen/dispatcher.ts";
import type { LocalNetwork, PruneLocalNetworksRequest } from "../../../shared/rpc/gen/networks.ts";
import type { NetworkSpec } from "../../../shared/rpc/gen/objects.ts";
import { KeyedLock } from "../../executor/keyed-lock.ts";
import type { EventLog } from "../events/event-log.ts";
import type { LocalNetworkBook } from "./local-network-book.ts";
import { newLocalNetwork } from "./new-network.ts";

/** Networks of one host: each is a namespace while somebody is on it. */
const LOCAL_NETWORKS_MAX = 1_000;
const REF_SHOWN_MAX = 100;
const PREFIX = /^[0-9a-z]+$/;

export interface LocalNetworksParts {
  readonly book: LocalNetworkBook;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  /** Blocks that mean something on this host besides its local networks. */
  readonly takenBlocks: () => Promise<readonly string[]>;
  /** What the host's network and its name server are to know. */
  readonly onTables: (tables: readonly NetworkTable[]) => void;
  /** Names of the containers that are on a network. */
  readonly usersOf: (networkId: string) => { readonly running: readonly string[]; readonly all: number };
}

/** The networks that people of one host made for their containers. */
export class LocalNetworks {
  readonly #parts: LocalNetworksParts;
  readonly #networks = new Map<string, LocalNetwork>();
  /** One change at a time: a name or a block must not be given twice. */
  readonly #lock = new KeyedLock();

  constructor(parts: LocalNetworksParts) {
    this.#parts = parts;
  }

  /** At the daemon's start, before any container is looked after. */
  async open(): Promise<void> {
    for (const network of await this.#parts.book.load()) this.#networks.set(network.id, network);
    this.#tellTables();
  }

  all(): readonly LocalNetwork[] {
    return [...this.#networks.values()];
  }

  get(id: string): LocalNetwork | undefined {
    return this.#networks.get(id);
  }

  /** By id, name, or a prefix of the id that only one has; null = there is none. @throws SwarmError invalidArgument. */
  lookUp(ref: string): LocalNetwork | null {
    const exact = this.#networks.get(ref) ?? this.all().find((network) => nameOf(network) === ref);
    if (exact !== undefined) return exact;
    const [only, ...others] = PREFIX.test(ref) ? this.all().filter(({ id }) => id.startsWith(ref)) : [];
    if (others.length > 0)
      throw new SwarmError("invalidArgument", `several networks have an id that begins with ${ref}: give more of it`);
    return only ?? null;
  }

  /** As `lookUp`. @throws SwarmError notFound. */
  find(ref: string): LocalNetwork {
    const found = this.lookUp(ref);
    if (found === null) throw new SwarmError("notFound", `network ${ref.slice(0, REF_SHOWN_MAX)} not found`);
    return found;
  }

  /** @throws SwarmError invalidArgument, alreadyExists, resourceExhausted. */
  async create(asked: NetworkSpec | null): Promise<LocalNetwork> {
    if (asked === null) throw new SwarmError("invalidArgument", "the request holds no network spec");
    const { book, clock, random, events, takenBlocks } = this.#parts;
    const spec = { ...asked, annotations: asked.annotations ?? { name: "", labels: {} } };
    return await this.#lock.run("networks", async () => {
      const { name } = spec.annotations;
      if (this.all().some((network) => nameOf(network) === name))
        throw new SwarmError("alreadyExists", `network with name ${name} already exists`);
      if (this.#networks.size >= LOCAL_NETWORKS_MAX)
        throw new SwarmError("resourceExhausted", `this host has ${LOCAL_NETWORKS_MAX} networks already`);
      const own = this.all().flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr));
      const taken = [...own, ...(await takenBlocks())].map(toBlock).filter((block) => block !== null);
      const id = createId<NetworkId>(random);
      const network = newLocalNetwork(spec, { id, createdAtMs: clock.wallNow(), taken });
      await book.put(network);
      this.#networks.set(id, network);
      this.#tellTables();
      events.note("network", "create", id, { name, type: "bridge" });
      return network;
    });
  }

  /** @throws SwarmError notFound; failedPrecondition while a running container is on it, naming who is. */
  async remove(ref: string): Promise<LocalNetwork> {
    return await this.#lock.run("networks", async () => {
      if (PREDEFINED_NETWORKS.has(ref) && this.lookUp(ref) === null)
        throw new SwarmError("failedPrecondition", `${ref} is a pre-defined network and cannot be removed`);
      const network = this.find(ref);
      const { running } = this.#parts.usersOf(network.id);
      if (running.length > 0) {
        const names = running.toSorted().join(", ");
        throw new SwarmError(
          "failedPrecondition",
          `error while removing network: network ${nameOf(network)} has active endpoints (${names})`,
        );
      }
      await this.#remove(network);
      return network;
    });
  }

  /** Resolves with the names of those that have gone. */
  async prune(request: PruneLocalNetworksRequest): Promise<readonly string[]> {
    return await this.#lock.run("networks", async () => {
      const removed: string[] = [];
      for (const network of this.all()) {
        const labels = network.spec?.annotations?.labels ?? {};
        const has = (wanted: string): boolean => hasLabel(labels, wanted);
        if (request.untilMs > 0 && network.createdAtMs >= request.untilMs) continue;
        if (!request.labels.every(has) || request.withoutLabels.some(has)) continue;
        if (this.#parts.usersOf(network.id).all > 0) continue;
        await this.#remove(network);
        removed.push(nameOf(network));
      }
      this.#parts.events.note("network", "prune", "", { reclaimed: "0" });
      return removed;
    });
  }

  async #remove(network: LocalNetwork): Promise<void> {
    const { book, events } = this.#parts;
    try {
      await book.remove(network.id);
    } catch (error) {
      throw new SwarmError("unavailable", `network ${nameOf(network)} could not be removed: ${messageOf(error)}`);
    }
    this.#networks.delete(network.id);
    this.#tellTables();
    events.note("network", "destroy", network.id, { name: nameOf(network), type: "bridge" });
  }

  #tellTables(): void {
    this.#parts.onTables(this.all().map(tableOf));
  }
}

export function nameOf({ id, spec }: LocalNetwork): string {
  return spec?.annotations?.name ?? id;
}

const tables = new WeakMap<LocalNetwork, NetworkTable>();

/** The network as the host's network knows networks: without other hosts, and without anybody's names. */
export function tableOf(network: LocalNetwork): NetworkTable {
  const known = tables.get(network);
  if (known !== undefined) return known;
  const table = { network: asNetwork(network), hosts: [], endpoints: [], services: [], dataPathPort: 0 };
  tables.set(network, table);
  return table;
}
