// Made from proto/swarm/v1/networks.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { NetworkSpec, NetworkSubnet } from "./objects.ts";

/**
 * The local networks of one host: those that people made for their own containers, which no other host knows. The
 * networks of a swarm are the managers' (Control). A network is meant by its name, its id, or a unique prefix of that.
 */
export interface NetworksMethods {
  /** Makes a network. Its driver is bridge, whatever else is wanted of it. */
  readonly create: RpcMethod<"unary", CreateLocalNetworkRequest, LocalNetworkResponse>;
  /** All of them, by name. */
  readonly list: RpcMethod<"unary", ListLocalNetworksRequest, ListLocalNetworksResponse>;
  readonly inspect: RpcMethod<"unary", LocalNetworkRequest, LocalNetworkResponse>;
  /** Removes a network that no running container is on. */
  readonly remove: RpcMethod<"unary", LocalNetworkRequest, LocalNetworkResponse>;
  /** Removes the networks that no container is on, running or not. */
  readonly prune: RpcMethod<"unary", PruneLocalNetworksRequest, PruneLocalNetworksResponse>;
  /** Puts a container of people's own on a network, also while it runs. */
  readonly connect: RpcMethod<"unary", ConnectContainerRequest, ConnectContainerResponse>;
  /** Takes it off, also while it runs. */
  readonly disconnect: RpcMethod<"unary", DisconnectContainerRequest, DisconnectContainerResponse>;
}

/** A network of one host, as its host keeps it. */
export interface LocalNetwork {
  /** 25 characters of base 36. */
  readonly id: string;
  /** When it was made. */
  readonly createdAtMs: number;
  /** As it was asked for. */
  readonly spec: NetworkSpec | null;
  /** Its blocks of addresses: those asked for, or one a family that the host chose. */
  readonly subnets: readonly NetworkSubnet[];
  /** Containers that are on it and run. Not kept: made for whoever asks. */
  readonly members: readonly LocalNetworkMember[];
  /** Containers that are on it, running or not. Not kept either. */
  readonly users: number;
}

/** A container that runs on a network. */
export interface LocalNetworkMember {
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  /** The container's name. */
  readonly name: string;
  /** With prefix length; "" = none. */
  readonly address: string;
  /** The same of IPv6. */
  readonly address6: string;
}

/** Asks for a network. */
export interface CreateLocalNetworkRequest {
  /** What it is to be. Driver "" = bridge. */
  readonly spec: NetworkSpec | null;
}

/** Names a network. */
export interface LocalNetworkRequest {
  /** See Networks. */
  readonly ref: string;
}

/** One network. */
export interface LocalNetworkResponse {
  /** As it is now; of one that was removed, as it was. */
  readonly network: LocalNetwork | null;
}

/** Asks for all networks. */
export type ListLocalNetworksRequest = Readonly<Record<string, never>>;

/** The networks of a host. */
export interface ListLocalNetworksResponse {
  /** By name. */
  readonly networks: readonly LocalNetwork[];
}

/** Which networks may go. */
export interface PruneLocalNetworksRequest {
  /** Made before this instant; 0 = any. */
  readonly untilMs: number;
  /** KEY or KEY=VALUE; all must hold. */
  readonly labels: readonly string[];
  /** KEY or KEY=VALUE; none may hold. */
  readonly withoutLabels: readonly string[];
}

/** What has gone. */
export interface PruneLocalNetworksResponse {
  /** Names. */
  readonly removed: readonly string[];
}

/** How a container is on a network. */
export interface ContainerEndpoint {
  /** Name or id of the network; the host keeps the id. */
  readonly network: string;
  /** Further names by which others on the network find it. At most 16, each a DNS name. */
  readonly aliases: readonly string[];
  /** Address wanted, without prefix length; "" = the host chooses. */
  readonly address: string;
  /** The same of IPv6. */
  readonly address6: string;
  /** CONTAINER:ALIAS or CONTAINER: names of others that this container alone knows. */
  readonly links: readonly string[];
  /** Docker's driver options, as they were given. Default: none. */
  readonly driverOptions: { readonly [key: string]: string };
  /** Of a network of the swarm: what it is called; the host writes it. "" = a network of this host. */
  readonly swarmNetwork: string;
  /** Hardware address wanted, as 02:42:ac:11:00:02. Absent = it follows from the address. */
  readonly macAddress?: string;
}

/** A place of a container on a network, with the addresses it has while it runs. */
export interface ContainerPlace {
  /** Id of the network. */
  readonly networkId: string;
  /** With prefix length; "" = none. */
  readonly address: string;
  /** The same of IPv6. */
  readonly address6: string;
}

/** Puts a container on a network. */
export interface ConnectContainerRequest {
  /** Of people's own container: id, unique prefix or name. */
  readonly container: string;
  /** On which network, and how. */
  readonly endpoint: ContainerEndpoint | null;
}

/** It is on the network. */
export interface ConnectContainerResponse {
  /** The container's id. */
  readonly containerId: string;
  /** The network's id. */
  readonly networkId: string;
}

/** Takes a container off a network. */
export interface DisconnectContainerRequest {
  /** As in ConnectContainerRequest. */
  readonly container: string;
  /** Name or id of the network. */
  readonly network: string;
  /** No error if it is not on it. */
  readonly force: boolean;
}

/** It is off the network. */
export interface DisconnectContainerResponse {
  /** The container's id. */
  readonly containerId: string;
}
