import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerId, ContainerKey } from "../../../shared/ids.ts";
import { type Family, hostBlock } from "../../../shared/ip-block.ts";
import { addressOf, macOf } from "../../../shared/ipv4.ts";
import type { ContainerConfig, ContainerNetwork, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { NetworkEndpoint } from "../../../shared/rpc/gen/dispatcher.ts";
import type { ContainerEndpoint, ContainerPlace, LocalNetworkMember } from "../../../shared/rpc/gen/networks.ts";
import { check } from "../../../shared/spec-checks/refuse.ts";
import type { LocalNames, LocalView } from "../../dns/host-names.ts";
import { networkChoice } from "../containers/wanted.ts";
import { chooseAddress } from "./choose-address.ts";
import { endpointNames, parseLink } from "./endpoint-names.ts";
import { type LocalNetworks, nameOf, tableOf } from "./local-networks.ts";

/** Networks of one container: each is a link and a name server's view. */
const ENDPOINTS_MAX = 32;
const ALIASES_MAX = 16;
const NAME_SHOWN_MAX = 100;

export interface ContainerPlacesParts {
  readonly networks: LocalNetworks;
  /** Every container of people's own. */
  readonly containers: () => readonly OwnContainer[];
  /** What the host's name server answers from. */
  readonly onNames: (names: LocalNames) => void;
}

/** Which containers are on which local networks, with which addresses and names. */
export class ContainerPlaces {
  readonly #parts: ContainerPlacesParts;
  /** Leases, by container: of those that run, and of those about to. */
  readonly #held = new Map<string, readonly ContainerPlace[]>();

  constructor(parts: ContainerPlacesParts) {
    this.#parts = parts;
  }

  /**
   * The configuration with its networks by their ids, the one that `network` names first.
   * @throws SwarmError notFound, invalidArgument.
   */
  resolve(config: ContainerConfig): ContainerConfig {
    const choice = networkChoice(config);
    const given = config.endpoints.filter(({ network }) => network !== "bridge" && network !== "default");
    if (choice.kind === "host" || choice.kind === "none" || choice.kind === "container") {
      const isOnlyItself = given.every(({ network }) => network === config.network);
      check(isOnlyItself, `conflicting options: network mode ${config.network} and other networks`);
      return { ...config, endpoints: [] };
    }
    const named = choice.kind === "network" ? [this.#resolved(blankEndpoint(choice.ref))] : [];
    const rest = given.map((endpoint) => this.#resolved(endpoint));
    const [first] = named;
    const main = rest.find(({ network }) => network === first?.network) ?? first;
    const endpoints = main === undefined ? rest : [main, ...rest.filter(({ network }) => network !== main.network)];
    const ids = endpoints.map(({ network }) => network);
    check(new Set(ids).size === ids.length, "a container can be on a network only once");
    check(endpoints.length <= ENDPOINTS_MAX, `a container can be on at most ${ENDPOINTS_MAX} networks`);
    return { ...config, endpoints };
  }

  /** One more network of a container. @throws SwarmError notFound, invalidArgument, failedPrecondition. */
  withEndpoint(config: ContainerConfig, endpoint: ContainerEndpoint): ContainerConfig {
    const { kind } = networkChoice(config);
    if (kind === "host" || kind === "none" || kind === "container")
      throw new SwarmError(
        "failedPrecondition",
        "container sharing network namespace with another container or host, or with no network, cannot be " +
          "connected to any other network",
      );
    const resolved = this.#resolved(endpoint);
    if (config.endpoints.some(({ network }) => network === resolved.network)) {
      const name = this.#nameOf(resolved.network);
      throw new SwarmError("alreadyExists", `container ${config.name} is already attached to network ${name}`);
    }
    return this.resolve({ ...config, endpoints: [...config.endpoints, resolved] });
  }

  /** One network less; null = it is not on it. @throws SwarmError notFound. */
  withoutEndpoint(config: ContainerConfig, ref: string): ContainerConfig | null {
    // One that has been removed meanwhile is still named in the configuration.
    const id = config.endpoints.find(({ network }) => network === ref)?.network ?? this.#parts.networks.find(ref).id;
    const endpoints = config.endpoints.filter(({ network }) => network !== id);
    return endpoints.length === config.endpoints.length ? null : { ...config, endpoints };
  }

  /** At the daemon's start: who runs has what it had. */
  adopt({ id, places }: OwnContainer): void {
    this.#held.set(id, places);
  }

  /**
   * Addresses on all networks that the container is to be on: those it holds, and new ones. They are its own until
   * `release`. Synchronous on purpose: nobody else may take them meanwhile.
   * @throws SwarmError notFound for a network that has gone; what chooseAddress throws. Then nothing is changed.
   */
  lease(stored: OwnContainer): readonly ContainerPlace[] {
    const held = this.#held.get(stored.id) ?? [];
    const before = new Map([...stored.places, ...held].map((place) => [place.networkId, place]));
    const places = (stored.config?.endpoints ?? []).map((endpoint): ContainerPlace => {
      const network = this.#parts.networks.find(endpoint.network);
      const others = [...this.#held].filter(([id]) => id !== stored.id).flatMap(([, all]) => all);
      const reserved = this.#reservedOn(network.id, stored.id);
      const choose = (family: Family): string => {
        const key = family === 4 ? "address" : "address6";
        const used = others.filter(({ networkId }) => networkId === network.id).map((place) => place[key]);
        const wish = { wanted: endpoint[key], before: before.get(network.id)?.[key] ?? "", used, reserved };
        return chooseAddress(network, family, wish);
      };
      return { networkId: network.id, address: choose(4), address6: choose(6) };
    });
    this.#held.set(stored.id, places);
    return places;
  }

  /** It does not run. */
  release(id: string): void {
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
        name: this.#nameOf(endpoint.network),
        networkId: endpoint.network,
        address,
        gateway: address === "" ? "" : gatewayOf(4),
        macAddress: address === "" ? "" : macOf(addressOf(address)),
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

  /** Tells the name server who is called what, from now on. */
  publish(): void {
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

  #resolved(endpoint: ContainerEndpoint): ContainerEndpoint {
    const network = this.#parts.networks.lookUp(endpoint.network);
    if (network === null)
      throw new SwarmError(
        "notFound",
        `network ${endpoint.network.slice(0, NAME_SHOWN_MAX)} not found: a container without a service can be on ` +
          "networks of its host, which `network create --driver bridge` makes",
      );
    check(endpoint.aliases.length <= ALIASES_MAX, `a container has at most ${ALIASES_MAX} aliases on a network`);
    for (const wanted of [endpoint.address, endpoint.address6]) {
      if (wanted === "") continue;
      check(hostBlock(wanted) !== null && !wanted.includes("/"), `invalid IP address: ${wanted.slice(0, 100)}`);
      chooseAddress(network, wanted.includes(":") ? 6 : 4, { wanted, before: "", used: [], reserved: [] });
    }
    return { ...endpoint, network: network.id };
  }

  #nameOf(networkId: string): string {
    const network = this.#parts.networks.get(networkId);
    return network === undefined ? networkId : nameOf(network);
  }
}

function lineOf(containerId: string, place: ContainerPlace, names: readonly string[]): NetworkEndpoint {
  const { address, address6 } = place;
  return { taskId: containerId, serviceId: "", nodeId: "", address, address6, state: "READY", names };
}

function blankEndpoint(network: string): ContainerEndpoint {
  return { network, aliases: [], address: "", address6: "", links: [], driverOptions: {} };
}
