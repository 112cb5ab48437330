import { type IpAddress, parseHostAddress, parseIpAddress } from "../../../shared/address.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { isId, type NodeId } from "../../../shared/ids.ts";
import { scopeOf } from "../../../shared/objects/network.ts";
import type { NetworkEndpoint, NetworkHost, NetworkService, NetworkTable } from "../../../shared/rpc/gen/dispatcher.ts";
import { hostMac } from "./host-mac.ts";

export type Family = "ipv4" | "ipv6";
export const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

export interface Block {
  readonly family: Family;
  /** With prefix length, as the leader wrote it. */
  readonly cidr: string;
  /** Without prefix length; the same on every host. */
  readonly gateway: IpAddress;
}

/** A host as other hosts send to it. */
export interface HostView {
  readonly nodeId: NodeId;
  readonly mac: string;
  /** Where its VXLAN packets go. */
  readonly dataPathAddress: IpAddress;
}

/** A task's place on the network. */
export interface EndpointView {
  readonly taskId: string;
  readonly serviceId: string;
  /** null = none of that family. */
  readonly addresses: Readonly<Record<Family, IpAddress | null>>;
  readonly isReady: boolean;
  /** The host it runs on; null = this one. */
  readonly host: HostView | null;
}

export interface ServiceView {
  readonly serviceId: string;
  /** null = none of that family. */
  readonly virtual: Readonly<Record<Family, IpAddress | null>>;
  /** Seconds that a client keeps its backend for after its last new connection; 0 = it does not. */
  readonly stickySeconds: number;
}

/** A user network's table as this host's data path needs it: checked word by word, since it becomes text for nft. */
export interface NetworkView {
  readonly id: string;
  /** For sentences; its id while the table has no name. */
  readonly name: string;
  /** null = each host has one of its own, which leads to no other (driver bridge). */
  readonly vni: number | null;
  /** VXLAN UDP port. */
  readonly port: number;
  /** Asked-for packet size; null = what the link carries. */
  readonly mtu: number | null;
  readonly blocks: readonly Block[];
  readonly self: HostView;
  /** Every other host that can be reached from here. */
  readonly others: readonly HostView[];
  readonly endpoints: readonly EndpointView[];
  readonly services: readonly ServiceView[];
}

/** Largest number a VXLAN network can have. */
const VNI_MAX = 0xff_ffff;
const STICKY_SECONDS_MAX = 7 * 24 * 3_600;

/**
 * What the table says; null while it says too little: no number, no block, or not this host. Lines that make no sense
 * or cannot be reached are left out: one bad line must not take the network from everybody else.
 */
export function readNetwork(table: NetworkTable, nodeId: NodeId): NetworkView | null {
  const { network } = table;
  if (network === null || network === undefined || !isId(network.id)) return null;
  const blocks = network.subnets.flatMap((subnet) => orNothing(() => toBlock(subnet)));
  const own = table.hosts.find((host) => host.nodeId === nodeId);
  const isLocal = network.spec !== null && network.spec !== undefined && scopeOf(network.spec) === "local";
  // This host's own network: nobody tells it where it is itself.
  const isOwn = isLocal && table.hosts.length === 0;
  const [self] = own === undefined ? (isOwn ? [hostAlone(nodeId)] : []) : orNothing(() => toHost(own));
  const hasNumber = network.vni >= 1 && network.vni <= VNI_MAX;
  if (self === undefined || blocks.length === 0 || !(hasNumber || isLocal)) return null;
  const others = table.hosts
    .filter((host) => host.nodeId !== nodeId && !isLocal)
    .flatMap((host) => orNothing(() => toHost(host)))
    // The kernel's device sends by one protocol.
    .filter(({ dataPathAddress }) => familyOf(dataPathAddress) === familyOf(self.dataPathAddress));
  const hosts = new Map<string, HostView | null>(others.map((host) => [host.nodeId, host]));
  hosts.set(nodeId, null);
  if (isOwn) hosts.set("", null);
  const mtu = network.spec?.mtu ?? 0;
  return {
    id: network.id,
    name: network.spec?.annotations?.name ?? network.id,
    vni: isLocal ? null : network.vni,
    port: table.dataPathPort,
    mtu: mtu === 0 ? null : mtu,
    blocks,
    self,
    others,
    endpoints: table.endpoints.flatMap((endpoint) => {
      const host = hosts.get(endpoint.nodeId);
      // On a host that is not, or no longer, in the table: there is no way to it.
      return host === undefined ? [] : orNothing(() => toEndpoint(endpoint, host));
    }),
    services: table.services.flatMap((service) => orNothing(() => toService(service))),
  };
}

export function familyOf(address: string): Family {
  return address.includes(":") ? "ipv6" : "ipv4";
}

// Lines are never changed, only replaced: what was read of one stays true, and is the same object, whose identity
// tells those who compare that nothing is new.
const hostViews = new WeakMap<NetworkHost, HostView>();
const endpointViews = new WeakMap<NetworkEndpoint, EndpointView>();
const serviceViews = new WeakMap<NetworkService, ServiceView>();

/** Sends to nobody. */
function hostAlone(nodeId: NodeId): HostView {
  return { nodeId, mac: hostMac(nodeId), dataPathAddress: parseIpAddress("127.0.0.1", "address of this host") };
}

function toHost(host: NetworkHost): HostView {
  const known = hostViews.get(host);
  if (known !== undefined) return known;
  const nodeId = host.nodeId as NodeId;
  const dataPathAddress = parseHostAddress(host.dataPathAddress, `data path address of host ${host.nodeId}`);
  const view = { nodeId, mac: hostMac(nodeId), dataPathAddress };
  hostViews.set(host, view);
  return view;
}

function toEndpoint(endpoint: NetworkEndpoint, host: HostView | null): EndpointView {
  const known = endpointViews.get(endpoint);
  if (known !== undefined && known.host === host) return known;
  const { taskId, serviceId, state, address, address6 } = endpoint;
  const addresses = { ipv4: withoutPrefix(address, "ipv4"), ipv6: withoutPrefix(address6, "ipv6") };
  const view = { taskId, serviceId, addresses, isReady: state === "READY", host };
  endpointViews.set(endpoint, view);
  return view;
}

function toService(service: NetworkService): ServiceView {
  const known = serviceViews.get(service);
  if (known !== undefined) return known;
  const { serviceId, virtualIp, virtualIp6, stickySeconds } = service;
  if (!isId(serviceId)) throw new SwarmError("invalidArgument", "a service without id");
  const view = {
    serviceId,
    virtual: { ipv4: withoutPrefix(virtualIp, "ipv4"), ipv6: withoutPrefix(virtualIp6, "ipv6") },
    stickySeconds: Math.min(stickySeconds, STICKY_SECONDS_MAX),
  };
  serviceViews.set(service, view);
  return view;
}

function toBlock({ cidr, gateway }: { readonly cidr: string; readonly gateway: string }): Block {
  const [first = "", prefix = ""] = cidr.split("/");
  const family = familyOf(first);
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === "ipv4" ? 32 : 128);
  if (!isPrefix) throw new SwarmError("invalidArgument", `not a block of addresses: ${JSON.stringify(cidr)}`);
  const address = parseIpAddress(first, "block of a network");
  return { family, cidr: `${address}/${Number(prefix)}`, gateway: parseIpAddress(gateway, "gateway of a network") };
}

/** "" is none. @throws SwarmError invalidArgument when it is not an address of that family. */
function withoutPrefix(text: string, family: Family): IpAddress | null {
  if (text === "") return null;
  const address = parseIpAddress(text.split("/")[0] ?? "", "address of a network");
  if (familyOf(address) !== family) throw new SwarmError("invalidArgument", `${address} is not an ${family} address`);
  return address;
}

function orNothing<Value>(read: () => Value): readonly Value[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof SwarmError) return [];
    throw error;
  }
}
