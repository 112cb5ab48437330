import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerId, ContainerKey } from "../../../shared/ids.ts";
import { type Family, hostBlock } from "../../../shared/ip-block.ts";
import { addressOf, macOf } from "../../../shared/ipv4.ts";
import type { ContainerConfig, ContainerNetwork, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { NetworkEndpoint } from "../../../shared/rpc/gen/dispatcher.ts";
import type { ContainerEndpoint, ContainerPlace, LocalNetworkMember } from "../../../shared/rpc/gen/networks.ts";
import { parseLink } from "../../../shared/run-text/link.ts";
import { check } from "../../../shared/spec-checks/refuse.ts";
import type { LocalNames, LocalView } from "../../dns/host-names.ts";
import { networkChoice } from "../containers/wanted.ts";
import type { EventLog } from "../events/event-log.ts";
import { chooseAddress } from "./choose-address.ts";
import { endpointNames } from "./endpoint-names.ts";
import { type LocalNetworks, nameOf, tableOf } from "./local-networks.ts";
import type { SwarmPlaces, WantedPlace } from "./swarm-places.ts";

/** Networks of one container: each is a link and a name server's view. */
const ENDPOINTS_MAX = 32;
const ALIASES_MAX = 16;
const NAME_SHOWN_MAX = 100;
const TOO_MANY = `a container can be on at most ${ENDPOINTS_MAX} networks`;

export interface ContainerPlacesParts {
  readonly networks: LocalNetworks;
  readonly swarm: SwarmPlaces;
  readonly isInSwarm: () => boolean;
  /** Every container of people's own. */
  readonly containers: () => readonly OwnContainer[];
  /** What the host's name server answers from. */
  readonly onNames: (names: LocalNames) => void;
  readonly events: EventLog;
}

/** Which containers are on which networks, the host's own and the swarm's, with which addresses and names. */
export class ContainerPlaces {
  readonly #parts: ContainerPlacesParts;
  /** Leases, by container: of those that run, and of those about to. */
  readonly #held = new Map<string, readonly ContainerPlace[]>();
  /** What has been told of: the networks of each container, and what events call them. */
  readonly #told = new Map<string, ReadonlyMap<string, NetworkWords>>();

  constructor(parts: ContainerPlacesParts) {
    this.#parts = parts;
  }

  /**
   * The configuration with its networks by their ids, the one that `network` names first.
   * @throws SwarmError notFound, invalidArgument, permissionDenied, unavailable.
   */
  async resolve(config: ContainerConfig): Promise<ContainerConfig> {
    const choice = networkChoice(config);
    const given = config.endpoints.filter(({ network }) => network !== "bridge" && network !== "default");
    if (choice.kind === "host" || choice.kind === "none" || choice.kind === "container") {
      const isOnlyItself = given.every(({ network }) => network === config.network);
      check(isOnlyItself, `conflicting options: network mode ${config.network} and other networks`);
      return { ...config, endpoints: [] };
    }
    check(given.length <= ENDPOINTS_MAX, TOO_MANY);
    const named = choice.kind === "network" ? [await this.resolved(blankEndpoint(choice.ref))] : [];
    const rest: ContainerEndpoint[] = [];
    for (const endpoint of given) rest.push(await this.resolved(endpoint));
    const [first] = named;
    const main = rest.find(({ network }) => network === first?.network) ?? first;
    const endpoints = main === undefined ? rest : [main, ...rest.filter(({ network }) => network !== main.network)];
    const ids = endpoints.map(({ network }) => network);
    check(new Set(ids).size === ids.length, "a container can be on a network only once");
    check(endpoints.length <= ENDPOINTS_MAX, TOO_MANY);
    return { ...config, endpoints };
  }

  /**
   * How a container is to be on one more network, with the network's id.
   * @throws SwarmError notFound, invalidArgument, permissionDenied, unavailable.
   */
  async resolved(endpoint: ContainerEndpoint): Promise<ContainerEndpoint> {
    check(endpoint.aliases.length <= ALIASES_MAX, `a container has at most ${ALIASES_MAX} aliases on a network`);
    const local = this.#parts.networks.lookUp(endpoint.network);
    const network = local ?? (this.#parts.isInSwarm() ? await this.#parts.swarm.find(endpoint.network) : null);
    if (network === null)
      throw new SwarmError(
        "notFound",
        `network ${endpoint.network.slice(0, NAME_SHOWN_MAX)} not found: a container without a service can be on ` +
          "networks of its host, which `network create --driver bridge` makes",
      );
    for (const wanted of [endpoint.address, endpoint.address6]) {
      if (wanted === "") continue;
      check(hostBlock(wanted) !== null && !wanted.includes("/"), `invalid IP address: ${wanted.slice(0, 100)}`);
      chooseAddress(network, wanted.includes(":") ? 6 : 4, { wanted, before: "", used: [], reserved: [] });
    }
    const swarmNetwork = local === null ? (network.spec?.annotations?.name ?? network.id) : "";
    return { ...endpoint, network: network.id, swarmNetwork };
  }

  /** One more network of a container, as `resolved` has it. @throws SwarmError failedPrecondition, alreadyExists. */
  withEndpoint(config: ContainerConfig, endpoint: ContainerEndpoint): ContainerConfig {
    const { kind } = networkChoice(config);
    if (kind === "host" || kind === "none" || kind === "container")
      throw new SwarmError(
        "failedPrecondition",
        "container sharing network namespace with another container or host, or with no network, cannot be " +
          "connected to any other network",
      );
    if (config.endpoints.some(({ network }) => network === endpoint.network)) {
      const name = this.#nameOf(endpoint);
      throw new SwarmError("alreadyExists", `container ${config.name} is already attached to network ${name}`);
    }
    check(config.endpoints.length < ENDPOINTS_MAX, TOO_MANY);
    return { ...config, endpoints: [...config.endpoints, endpoint] };
  }

  /** One network less; null = it is not on it. @throws SwarmError notFound. */
  withoutEndpoint(config: ContainerConfig, ref: string): ContainerConfig | null {
    // One that has been removed meanwhile is still named in the configuration.
    const named = config.endpoints.find(({ network, swarmNetwork }) => network === ref || swarmNetwork === ref);
    const id = named?.network ?? this.#parts.networks.find(ref).id;
    const endpoints = config.endpoints.filter(({ network }) => network !== id);
    return endpoints.length === config.endpoints.length ? null : { ...config, endpoints };
  }

  /** Off all networks of the swarm; null = it is on none. */
  withoutSwarm(config: ContainerConfig): ContainerConfig | null {
    const endpoints = config.endpoints.filter(({ swarmNetwork }) => swarmNetwork === "");
    return endpoints.length === config.endpoints.length ? null : { ...config, endpoints };
  }

  /** At the daemon's start: who runs has what it had. */
  adopt(stored: OwnContainer): void {
    this.#held.set(stored.id, stored.places);
    // It was there before anybody listened, unless a move of it failed.
    if (!this.#told.has(stored.id)) this.#told.set(stored.id, this.#wordsOf(stored));
    const places = this.#wantedOfSwarm(stored, stored.places);
    if (places.length > 0) this.#parts.swarm.adopt(stored.id, places);
    else this.#parts.swarm.release(stored.id);
  }

  /**
   * Addresses on all networks that the container is to be on: those it holds, and new ones. They are its own until
   * `release`. Those of this host's networks are taken at once, so that nobody else takes them meanwhile.
   * @throws SwarmError notFound for a network that has gone; what chooseAddress throws. Then nothing is changed.
   */
  async lease(stored: OwnContainer): Promise<readonly ContainerPlace[]> {
    const held = this.#held.get(stored.id) ?? [];
    const before = [...stored.places, ...held];
    const local = this.#leaseHere(stored, before);
    this.#held.set(stored.id, local);
    try {
      const ofSwarm = await this.#parts.swarm.hold(stored.id, this.#wantedOfSwarm(stored, before));
      const all = [...local, ...ofSwarm];
      const places = (stored.config?.endpoints ?? []).flatMap(
        ({ network }) => all.find(({ networkId }) => networkId === network) ?? [],
      );
      this.#held.set(stored.id, places);
      return places;
    } catch (error) {
      if (held.length > 0) this.#held.set(stored.id, held);
      else this.#held.delete(stored.id);
      throw error;
    }
  }

  #leaseHere(stored: OwnContainer, before: readonly ContainerPlace[]): readonly ContainerPlace[] {
    const endpoints = (stored.config?.endpoints ?? []).filter(({ swarmNetwork }) => swarmNetwork === "");
    return endpoints.map((endpoint): ContainerPlace => {
      const network = this.#parts.networks.find(endpoint.network);
      const others = [...this.#held].filter(([id]) => id !== stored.id).flatMap(([, all]) => all);
      const reserved = this.#reservedOn(network.id, stored.id);
      const last = before.findLast(({ networkId }) => networkId === network.id);
      const choose = (family: Family): string => {
        const key = family === 4 ? "address" : "address6";
        const used = others.filter(({ networkId }) => networkId === network.id).map((place) => place[key]);
        const wish = { wanted: endpoint[key], before: last?.[key] ?? "", used, reserved };
        return chooseAddress(network, family, wish);
      };
      return { networkId: network.id, address: choose(4), address6: choose(6) };
    });
  }

  #wantedOfSwarm(stored: OwnContainer, before: readonly ContainerPlace[]): readonly WantedPlace[] {
    const endpoints = (stored.config?.endpoints ?? []).filter(({ swarmNetwork }) => swarmNetwork !== "");
    return endpoints.map(({ network: networkId, address, address6 }) => {
      const last = before.findLast((place) => place.networkId === networkId);
      const insists = address + address6 !== "";
      const wished = address || (last?.address.split("/")[0] ?? "");
      return { networkId, wished, wished6: address6 || (last?.address6.split("/")[0] ?? ""), insists };
    });
  }

  /** It does not run. */
  release(id: string): void {
    this.#parts.swarm.release(id);
    if (this.#held.delete(id)) this.publish();
  }

  /** Names of containers on a network: of those that run, and how many there are in all. */
  usersOf(networkId: string): { readonly running: readonly string[]; readonly all: number } {
    const on = this.#parts
      .containers()
      .filter(({ config }) => config?.endpoints.some(({ network }) => network === networkId) === true);
    const running = on.filter(({ id }) => this.#held.has(id));
    return { running: running.map(({ config }) => config?.name ?? ""), all: on.length };
  }

  /** Who runs on a network. */
  membersOf(networkId: string): readonly LocalNetworkMember[] {
    return this.#parts.containers().flatMap(({ id, config }) => {
      const place = this.#held.get(id)?.find((one) => one.networkId === networkId);
      if (place === undefined) return [];
      return [{ containerId: id, name: config?.name ?? "", address: place.address, address6: place.address6 }];
    });
  }

  /** A container's places as people see them; addresses only while it has them. */
  describe({ id, config }: OwnContainer): readonly ContainerNetwork[] {
    return (config?.endpoints ?? []).map((endpoint): ContainerNetwork => {
      const network = this.#parts.networks.get(endpoint.network);
      const place = this.#held.get(id)?.find(({ networkId }) => networkId === endpoint.network);
      const address = place?.address ?? "";
      const gatewayOf = (family: Family): string =>
        network?.subnets.find(({ cidr }) => hostBlock(cidr)?.family === family)?.gateway ?? "";
      return {
        name: this.#nameOf(endpoint),
        networkId: endpoint.network,
        address,
        gateway: address === "" ? "" : gatewayOf(4),
        // One that people chose is there before the container has run.
        macAddress: endpoint.macAddress ?? (address === "" ? "" : macOf(addressOf(address))),
        address6: place?.address6 ?? "",
        gateway6: (place?.address6 ?? "") === "" ? "" : gatewayOf(6),
        aliases: endpoint.aliases,
        links: endpoint.links,
        dnsNames: config === null ? [] : endpointNames(config, id, endpoint),
        driverOptions: endpoint.driverOptions,
        wantedAddress: endpoint.address,
        wantedAddress6: endpoint.address6,
      };
    });
  }

  /** Tells the name server who is called what, from now on, and everybody who came to a network or left it. */
  publish(): void {
    this.#noteMoves();
    const views = new Map<ContainerKey, LocalView>();
    const endpoints = new Map<string, NetworkEndpoint[]>();
    for (const stored of this.#parts.containers()) {
      for (const [networkId, endpoint] of this.#endpointsOf(stored)) {
        const all = endpoints.get(networkId) ?? [];
        all.push(endpoint);
        endpoints.set(networkId, all);
      }
    }
    for (const { id, config } of this.#parts.containers()) {
      const held = this.#held.get(id);
      if (held === undefined || config === null) continue;
      views.set(id as ContainerId, {
        networkIds: held.map(({ networkId }) => networkId),
        links: config.endpoints.flatMap((endpoint) => this.#linksOf(endpoint)),
        nameservers: config.task?.container?.dns?.nameservers ?? [],
      });
    }
    const tables = this.#parts.networks.all().map((network) => ({
      ...tableOf(network),
      endpoints: endpoints.get(network.id) ?? [],
    }));
    this.#parts.onNames({ tables, views });
    this.#parts.swarm.refresh();
  }

  #noteMoves(): void {
    const { events } = this.#parts;
    const now = new Map(this.#parts.containers().map((stored) => [stored.id, this.#wordsOf(stored)]));
    for (const id of new Set([...this.#told.keys(), ...now.keys()])) {
      const [before, after] = [this.#told.get(id) ?? NOWHERE, now.get(id) ?? NOWHERE];
      for (const [network, words] of before)
        if (!after.has(network)) events.note("network", "disconnect", network, { container: id, ...words });
      for (const [network, words] of after)
        if (!before.has(network)) events.note("network", "connect", network, { container: id, ...words });
      if (after.size > 0) this.#told.set(id, after);
      else this.#told.delete(id);
    }
  }

  /** Of the networks that a container is on. */
  #wordsOf({ id, config }: OwnContainer): ReadonlyMap<string, NetworkWords> {
    const held = new Set(this.#held.get(id)?.map(({ networkId }) => networkId));
    const endpoints = config?.endpoints.filter(({ network }) => held.has(network)) ?? [];
    return new Map(
      endpoints.map((endpoint) => {
        const type = endpoint.swarmNetwork === "" ? "bridge" : "overlay";
        return [endpoint.network, { name: this.#nameOf(endpoint), type }] as const;
      }),
    );
  }

  #endpointsOf({ id, config }: OwnContainer): readonly (readonly [networkId: string, endpoint: NetworkEndpoint])[] {
    const held = this.#held.get(id) ?? [];
    return held.flatMap((place) => {
      const endpoint = config?.endpoints.find(({ network }) => network === place.networkId);
      if (endpoint === undefined || config === null) return [];
      return [[place.networkId, lineOf(id, place, endpointNames(config, id, endpoint))] as const];
    });
  }

  /** Containers that are linked and run on the same network, under the names that only this one knows. */
  #linksOf({ network, links }: ContainerEndpoint): readonly NetworkEndpoint[] {
    return links.flatMap((link) => {
      const { container, alias } = parseLink(link);
      const target = this.#parts
        .containers()
        .find(({ id, config }) => config?.name === container || id === container || id.startsWith(container));
      const place = this.#held.get(target?.id ?? "")?.find(({ networkId }) => networkId === network);
      return target === undefined || place === undefined ? [] : [lineOf(target.id, place, [alias])];
    });
  }

  #reservedOn(networkId: string, except: string): readonly string[] {
    return this.#parts
      .containers()
      .filter(({ id }) => id !== except)
      .flatMap(({ config }) => config?.endpoints.filter(({ network }) => network === networkId) ?? [])
      .flatMap(({ address, address6 }) => [address, address6].filter((one) => one !== ""));
  }

  #nameOf({ network: networkId, swarmNetwork }: ContainerEndpoint): string {
    const network = this.#parts.networks.get(networkId);
    return network === undefined ? swarmNetwork || networkId : nameOf(network);
  }
}

/** How events speak of a network. */
interface NetworkWords {
  readonly name: string;
  readonly type: "bridge" | "overlay";
}

const NOWHERE: ReadonlyMap<string, NetworkWords> = new Map();

function lineOf(containerId: string, place: ContainerPlace, names: readonly string[]): NetworkEndpoint {
  const { address, address6 } = place;
  return { taskId: containerId, serviceId: "", nodeId: "", address, address6, state: "READY", names };
}

function blankEndpoint(network: string): ContainerEndpoint {
  return { network, aliases: [], address: "", address6: "", links: [], driverOptions: {}, swarmNetwork: "" };
}
