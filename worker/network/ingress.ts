import { type IpAddress, parseHostAddress, parseIpAddress } from "../../shared/address.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { NodeId } from "../../shared/ids.ts";
import { toBlock } from "../../shared/ip-block.ts";
import { addressOf, canonicalCidr, macOf, parseAddress, subnetOf } from "../../shared/ipv4.ts";
import { firstSubnet } from "../../shared/objects/network.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { embeddedAddress } from "./embedded-address.ts";
import { remembered } from "./remembered.ts";

/** A host of the ingress network as the data path needs it. */
export interface IngressHost {
  /** Its address on the network, without prefix length. */
  readonly address: string;
  readonly mac: string;
  /** Where its VXLAN packets go. */
  readonly dataPathAddress: IpAddress;
  /** Names it as the entry of connections in the backend host's connection table: a zone, 1..65535. */
  readonly zone: number;
  /** As `address`, of IPv6; null = it does not carry IPv6. */
  readonly address6: string | null;
}

/** A task's endpoint that can be reached from here. */
export interface IngressEndpoint {
  readonly serviceId: string;
  readonly address: string;
  /** null = its host does not carry IPv6. */
  readonly address6: string | null;
  readonly state: "PENDING" | "READY" | "DRAINING";
  /** The host it runs on; null = this one. */
  readonly host: IngressHost | null;
}

/** The ingress network's table with this host told apart from the others. */
export interface Ingress {
  readonly vni: number;
  /** VXLAN UDP port. */
  readonly port: number;
  /** Its blocks of IPv4, the oldest first: one, and more where it has grown. */
  readonly subnets: readonly string[];
  /** In the oldest block; of every task, whichever block its address is in. */
  readonly gateway: string;
  /** Asked-for packet size; null = what the link carries. */
  readonly mtu: number | null;
  readonly self: IngressHost;
  /** This host's address with prefix length. */
  readonly selfCidr: string;
  readonly others: readonly IngressHost[];
  /** null = the network has no block of IPv6 yet. */
  readonly ipv6: IngressIpv6 | null;
  readonly endpoints: readonly IngressEndpoint[];
  readonly services: NetworkTable["services"];
}

export interface IngressIpv6 {
  readonly subnet: string;
  readonly gateway: string;
  /** This host's address with prefix length. */
  readonly selfCidr: string;
  /** The other hosts have been told that this one carries IPv6, so they take what it leads to their tasks. */
  readonly isTold: boolean;
}

/** Connection zones have 16 bits and 0 is everybody's. */
const ZONES = 65_535;

/** The ingress network's id, as far as the tables tell; null while no table of it has come. */
export function ingressId(tables: readonly NetworkTable[]): string | null {
  return tables.find((table) => table.network?.spec?.ingress === true)?.network?.id ?? null;
}

/** What the tables say about the ingress network; null while this host has no address on it. */
export function readIngress(tables: readonly NetworkTable[], nodeId: NodeId): Ingress | null {
  const table = tables.find((candidate) => candidate.network?.spec?.ingress === true);
  return table === undefined ? null : readTable(table, nodeId);
}

const readTable = remembered((table: NetworkTable, nodeId: NodeId): Ingress | null => {
  const own = table.hosts.find((host) => host.nodeId === nodeId && host.address !== "");
  const block = table.network == null ? null : firstSubnet(table.network);
  if (table.network == null || block === null || own === undefined) return null;
  const block6 = table.network.subnets.find(({ cidr }) => toBlock(cidr)?.family === 6) ?? null;
  const subnet6 = block6?.cidr ?? null;
  const self = toIngressHost(own, subnet6);
  const hosts = withOwnZones(
    new Map(
      table.hosts
        .filter((host) => host.nodeId !== nodeId && host.address !== "")
        .flatMap((host) => {
          const other = reachableHost(host, self, host.carriesIpv6 ? subnet6 : null);
          return other === null ? [] : [[host.nodeId, other] as const];
        }),
    ),
  );
  return {
    vni: table.network.vni,
    port: table.dataPathPort,
    subnets: table.network.subnets.filter(({ cidr }) => !cidr.includes(":")).map(({ cidr }) => subnetOf(cidr)),
    gateway: addressOf(block.gateway),
    mtu: table.network.spec?.mtu === undefined || table.network.spec.mtu === 0 ? null : table.network.spec.mtu,
    self,
    selfCidr: canonicalCidr(own.address),
    others: [...hosts.values()],
    ipv6:
      block6 === null || self.address6 === null
        ? null
        : {
            subnet: block6.cidr,
            gateway: parseIpAddress(block6.gateway, "gateway of the ingress network"),
            selfCidr: `${self.address6}/${toBlock(block6.cidr)?.prefix}`,
            isTold: own.carriesIpv6,
          },
    endpoints: table.endpoints.flatMap((endpoint) => {
      // An endpoint on a host that is not (or no longer) in the table has no way to it.
      const host = endpoint.nodeId === nodeId ? null : hosts.get(endpoint.nodeId);
      return host === undefined || endpoint.address === "" ? [] : [toIngressEndpoint(endpoint, host, subnet6)];
    }),
    services: table.services,
  };
});

/**
 * null = out of reach from this host: what it says is no address (an earlier leader let it pass), or one of the other
 * protocol, where the kernel's device sends by one. It must not make the entries of all other hosts fail.
 */
function reachableHost(
  host: NetworkTable["hosts"][number],
  self: IngressHost,
  subnet6: string | null,
): IngressHost | null {
  try {
    const other = toIngressHost(host, subnet6);
    return isIpv6(other.dataPathAddress) === isIpv6(self.dataPathAddress) ? other : null;
  } catch (error) {
    if (error instanceof SwarmError) return null;
    throw error;
  }
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

/**
 * Each with a zone of its own: two addresses have the same one only where the network has grown beyond a /16, in which
 * there is room for all. The one with the lower address keeps it.
 */
function withOwnZones(hosts: ReadonlyMap<string, IngressHost>): ReadonlyMap<string, IngressHost> {
  const taken = new Set([...hosts.values()].map(({ zone }) => zone));
  if (taken.size === hosts.size) return hosts;
  taken.clear();
  const inOrder = [...hosts].sort(([, a], [, b]) => parseAddress(a.address) - parseAddress(b.address));
  return new Map(
    inOrder.map(([nodeId, host]) => {
      let { zone } = host;
      while (taken.has(zone)) zone = 1 + (zone % ZONES);
      taken.add(zone);
      return [nodeId, zone === host.zone ? host : { ...host, zone }];
    }),
  );
}

const toIngressEndpoint = remembered(
  (
    { serviceId, address: cidr, state }: NetworkTable["endpoints"][number],
    host: IngressHost | null,
    subnet6: string | null,
  ): IngressEndpoint => {
    const address = addressOf(cidr);
    const hasIpv6 = subnet6 !== null && (host === null || host.address6 !== null);
    return { serviceId, address, address6: hasIpv6 ? embeddedAddress(subnet6, address) : null, state, host };
  },
);

const toIngressHost = remembered((host: NetworkTable["hosts"][number], subnet6: string | null): IngressHost => {
  const address = addressOf(host.address);
  return {
    address,
    mac: macOf(address),
    // Checked by the leader too; but the leader may be of an earlier version, and this goes into text for programs.
    dataPathAddress: parseHostAddress(host.dataPathAddress, `data path address of host ${host.nodeId}`),
    zone: 1 + (parseAddress(address) % ZONES),
    address6: subnet6 === null ? null : embeddedAddress(subnet6, address),
  };
});
