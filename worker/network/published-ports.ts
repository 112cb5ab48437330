import { unreachable } from "../../shared/invariant.ts";
import { addressOf } from "../../shared/ipv4.ts";
import { canonicalHostIp, hostIpsOverlap } from "../../shared/objects/host-ip.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { type Attachment, hostLinkAddresses6 } from "./attachment.ts";
import { type PortKey, portKey } from "./host-ports.ts";
import type { Ingress } from "./ingress.ts";
import { isEveryAddressOf, type LeftPorts, type MeshPorts } from "./port-claims.ts";
import { remembered } from "./remembered.ts";
import { type Family, familyOf } from "./user-network/network-view.ts";

export type PortProtocol = "tcp" | "udp" | "sctp";

/** A port of this host that leads to tasks. */
export interface PublishedPort {
  readonly protocol: PortProtocol;
  readonly port: number;
  /** Addresses of this host at which it answers, as one address or a block; "" = all. */
  readonly hostIp: string;
  /** Who may get a new connection; empty = refuse it. */
  readonly backends: readonly Backend[];
  /** Addresses of this host at which programs have the port. */
  readonly except: readonly string[];
  /** Which backend a client gets follows from its address: the same one on every host, for as long as that is ready. */
  readonly isSticky: boolean;
}
export interface Backend {
  readonly address: string;
  readonly port: number;
}

/** Every port of this host that leads to tasks over the family, in order of protocol, number and address. */
export function publishedPorts(
  ingress: Ingress | null,
  attachments: readonly Attachment[],
  left: LeftPorts = new Map(),
  family: Family = "ipv4",
): readonly PublishedPort[] {
  const ports = new Map<PortKey, PublishedPort[]>();
  const publish = publishedPort[family];
  // The routing mesh is announced on every host; a host-mode port gives way to it should both exist. Over IPv6 the
  // other hosts refuse what comes from one that they have not been told of.
  const isAnnounced = family === "ipv4" || ingress?.ipv6?.isTold === true;
  const services = isAnnounced ? (ingress?.services ?? []) : [];
  const ready = readyAddresses(ingress, attachments, family);
  for (const { serviceId, ports: published, stickySeconds } of services)
    for (const port of published) {
      const held = left.get(portKey(port.protocol, port.publishedPort)) ?? [];
      if (held.some((address) => isEveryAddressOf(family, address))) continue;
      const except = held.filter((address) => familyOf(address) === family);
      const { all, local } = ready.get(serviceId) ?? NOBODY;
      const addresses = port.localFirst && local.length > 0 ? local : all;
      add(ports, publish(port, addresses.join(" "), except.join(" "), stickySeconds > 0));
    }
  for (const attachment of attachments) {
    const address = addressIn(attachment, family);
    if (address === null) continue;
    for (const port of attachment.hostPorts) add(ports, publish(port, address, "", false));
  }
  return [...ports.values()]
    .flat()
    .sort((a, b) => compare(a.protocol, b.protocol) || a.port - b.port || compare(a.hostIp, b.hostIp));
}

/**
 * Where ports may lead while ways in the kernel are being changed: to whom they lead now, less those to whom they will
 * not. Led to a task whose route is gone already, a new connection is refused as unreachable. `before` itself if nobody
 * leaves.
 */
export function stayingBackends(
  before: readonly PublishedPort[],
  after: readonly PublishedPort[],
): readonly PublishedPort[] {
  const nameOf = ({ protocol, port, hostIp }: PublishedPort): string => `${protocol}/${port}/${hostIp}`;
  const later = new Map(after.map((port) => [nameOf(port), port]));
  let isSame = true;
  const staying = before.map((port) => {
    const next = later.get(nameOf(port));
    if (next === port) return port;
    const offered = new Set(next?.backends.map(({ address }) => address));
    const backends = port.backends.filter(({ address }) => offered.has(address));
    if (backends.length === port.backends.length) return port;
    isSame = false;
    return { ...port, backends };
  });
  return isSame ? before : staying;
}

function add(ports: Map<PortKey, PublishedPort[]>, published: PublishedPort | null): void {
  if (published === null) return;
  const { protocol, port, hostIp } = published;
  const key = `${protocol}/${port}`;
  const others = ports.get(key) ?? [];
  if (!others.some((other) => hostIpsOverlap(other.hostIp, hostIp))) ports.set(key, [...others, published]);
}

/** `addresses` = of the backends, with a space between two, as in `except`; null = it leads nowhere here. */
const publishedPort = { ipv4: publisherOf("ipv4"), ipv6: publisherOf("ipv6") } as const;

function publisherOf(family: Family) {
  return remembered(
    (config: PortConfig, addresses: string, except: string, isSticky: boolean): PublishedPort | null => {
      const { publishedPort: port, targetPort } = config;
      const hostIp = canonicalHostIp(config.hostIp);
      // What a manager says may be no address.
      if (hostIp === null || port === 0 || (hostIp !== "" && familyOf(hostIp) !== family)) return null;
      const backends = words(addresses).map((address) => ({ address, port: targetPort }));
      return { protocol: toPortProtocol(config.protocol), port, hostIp, backends, except: words(except), isSticky };
    },
  );
}

function words(text: string): readonly string[] {
  return text === "" ? [] : text.split(" ");
}

function addressIn(attachment: Attachment, family: Family): string | null {
  return family === "ipv4" ? addressOf(attachment.cidr) : (hostLinkAddresses6(attachment)[0] ?? null);
}

/** The order of code units: all these are ASCII, and the order of a language costs much more. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The ports of the routing mesh, which every host publishes, each with the addresses it is published on. */
export function meshPorts(ingress: Ingress | null): MeshPorts {
  const ports = new Map<PortKey, string[]>();
  for (const port of (ingress?.services ?? []).flatMap((service) => service.ports)) {
    const hostIp = canonicalHostIp(port.hostIp);
    if (port.publishedPort === 0 || hostIp === null) continue;
    const key = portKey(port.protocol, port.publishedPort);
    ports.set(key, [...(ports.get(key) ?? []), hostIp]);
  }
  return ports;
}

/**
 * What other hosts may lead connections to: each task of this host on each published port of its service, whatever
 * its state, since their tables may be newer or older than ours.
 */
export function meshTargets(
  ingress: Ingress,
  family: Family = "ipv4",
): readonly { readonly address: string; readonly protocol: PortProtocol; readonly port: number }[] {
  const ports = new Map(ingress.services.map(({ serviceId, ports }) => [serviceId, ports]));
  return ingress.endpoints
    .filter(({ host }) => host === null)
    .flatMap((endpoint) =>
      (ports.get(endpoint.serviceId) ?? []).map(({ protocol, targetPort }) => ({
        address: family === "ipv4" ? endpoint.address : endpoint.address6,
        protocol: toPortProtocol(protocol),
        port: targetPort,
      })),
    )
    .flatMap(({ address, ...target }) => (address === null ? [] : [{ address, ...target }]));
}

/** Addresses of a service's tasks that may get a new connection, in a fixed order; `local` = those of this host. */
interface Ready {
  readonly all: readonly string[];
  readonly local: readonly string[];
}
const NOBODY: Ready = { all: [], local: [] };

function readyAddresses(
  ingress: Ingress | null,
  attachments: readonly Attachment[],
  family: Family,
): ReadonlyMap<string, Ready> {
  const here = new Set(attachments.map((attachment) => addressIn(attachment, family)));
  const ready = new Map<string, { readonly all: string[]; readonly local: string[] }>();
  for (const endpoint of ingress?.endpoints ?? []) {
    const { serviceId, state, host } = endpoint;
    const address = family === "ipv4" ? endpoint.address : endpoint.address6;
    if (state !== "READY" || address === null || (host === null && !here.has(address))) continue;
    const addresses = ready.get(serviceId) ?? { all: [], local: [] };
    ready.set(serviceId, addresses);
    addresses.all.push(address);
    if (host === null) addresses.local.push(address);
  }
  for (const { all, local } of ready.values()) for (const addresses of [all, local]) addresses.sort(compare);
  return ready;
}

function toPortProtocol(protocol: PortConfig["protocol"]): PortProtocol {
  switch (protocol) {
    case "TCP":
      return "tcp";
    case "UDP":
      return "udp";
    case "SCTP":
      return "sctp";
    default:
      return unreachable(protocol);
  }
}
