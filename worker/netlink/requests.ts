import { addressBytes, FAMILY, macBytes, prefixBytes } from "./addresses.ts";
import type { AddressEntry, ForwardingEntry, NeighbourEntry, NetworkChange, RouteEntry } from "./change.ts";
import {
  addLinkRequest,
  type NamespaceFiles,
  removeLinkRequest,
  setBridgeRequest,
  setMtuRequest,
  setUpRequest,
} from "./link-requests.ts";
import { attribute, FLAG, message, u32 } from "./wire.ts";

/** Types of messages about what stands on devices. Forwarding entries are neighbours of family `bridge`. */
export const ADDRESS = { add: 20, remove: 21, get: 22 } as const;
export const ROUTE = { add: 24, remove: 25, get: 26 } as const;
export const NEIGHBOUR = { add: 28, remove: 29, get: 30 } as const;

/** Attributes (IFA_*, RTA_*, NDA_*). */
export const ADDRESS_ATTRIBUTE = { address: 1, local: 2, flags: 8 } as const;
export const ROUTE_ATTRIBUTE = { destination: 1, device: 4, gateway: 5, source: 7, table: 15 } as const;
export const NEIGHBOUR_ATTRIBUTE = { destination: 1, mac: 2 } as const;

export const MAIN_TABLE = 254;
/** NUD_PERMANENT: neither asked for nor forgotten. */
export const PERMANENT = 0x80;
/** NUD_NOARP, which a VXLAN device wants to see too. */
const NO_ARP = 0x40;
/** NTF_SELF: the device's own table and not that of a bridge it is in. */
const SELF = 0x02;
const SCOPE = { everywhere: 0, link: 253, any: 255 } as const;
/** RTN_*. */
export const ROUTE_TYPE = { any: 0, unicast: 1, unreachable: 7 } as const;
/** RTNH_F_ONLINK */
const ON_LINK = 4;
/** IFA_F_NOPREFIXROUTE; of IPv6 also IFA_F_NODAD: nobody else has an address of ours, and it is good at once. */
const ADDRESS_FLAGS = { ipv4: 0x200, ipv6: 0x202 } as const;

/** What a request needs to know of the namespace it is made in. */
export interface RequestContext {
  /** @throws SwarmError notFound when there is no such device. */
  readonly indexOf: (device: string) => number;
  /** @throws SwarmError when it cannot be opened. */
  readonly fileOf: NamespaceFiles;
}

/** The message that asks the kernel for a change, with sequence number 0. @throws SwarmError as the context does. */
export function requestFor(change: NetworkChange, context: RequestContext): Buffer {
  const { indexOf, fileOf } = context;
  switch (change.kind) {
    case "addLink":
      return addLinkRequest(change.link, fileOf);
    case "removeLink":
      return removeLinkRequest(indexOf(change.device));
    case "setUp":
      return setUpRequest(indexOf(change.device));
    case "setMtu":
      return setMtuRequest(indexOf(change.device), change.mtu);
    case "setBridge":
      return setBridgeRequest(indexOf(change.device), change.bridge === null ? 0 : indexOf(change.bridge));
    case "addAddress":
      return addressRequest(
        ADDRESS.add,
        REPLACE,
        change.address,
        indexOf,
        change.scope === "link" ? SCOPE.link : SCOPE.everywhere,
      );
    case "removeAddress":
      return addressRequest(ADDRESS.remove, 0, change.address, indexOf, null);
    case "addRoute":
      return routeRequest(ROUTE.add, REPLACE, change.route, indexOf, change.onlink);
    case "removeRoute":
      return routeRequest(ROUTE.remove, 0, change.route, indexOf, false);
    case "addNeighbour":
      return neighbourRequest(NEIGHBOUR.add, REPLACE, change.neighbour, indexOf);
    case "removeNeighbour":
      return neighbourRequest(NEIGHBOUR.remove, 0, change.neighbour, indexOf);
    case "addForwarding":
      return forwardingRequest(NEIGHBOUR.add, FLAG.create | FLAG.append, change.forwarding, indexOf);
    case "removeForwarding":
      return forwardingRequest(NEIGHBOUR.remove, 0, change.forwarding, indexOf);
  }
}

const REPLACE = FLAG.create | FLAG.replace;

function request(type: number, flags: number, ...body: readonly Buffer[]): Buffer {
  return message(type, FLAG.request | FLAG.acknowledge | flags, ...body);
}

/** `scope` null = it is to be removed. Attributes are in the order of iproute2, here and below. */
function addressRequest(
  type: number,
  flags: number,
  { device, cidr }: AddressEntry,
  indexOf: RequestContext["indexOf"],
  scope: number | null,
): Buffer {
  const { family, bytes, prefix } = prefixBytes(cidr);
  const header = Buffer.alloc(8);
  header.writeUInt8(family, 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt8(scope ?? SCOPE.everywhere, 3);
  header.writeUInt32LE(indexOf(device), 4);
  const addressFlags = ADDRESS_FLAGS[family === FAMILY.ipv4 ? "ipv4" : "ipv6"];
  return request(
    type,
    flags,
    header,
    attribute(ADDRESS_ATTRIBUTE.local, bytes),
    ...(scope === null ? [] : [attribute(ADDRESS_ATTRIBUTE.flags, u32(addressFlags))]),
    attribute(ADDRESS_ATTRIBUTE.address, bytes),
  );
}

function routeRequest(
  type: number,
  flags: number,
  route: RouteEntry,
  indexOf: RequestContext["indexOf"],
  onlink: boolean,
): Buffer {
  const { family, bytes, prefix } = prefixBytes(route.destination);
  const isUnicast = route.kind === "unicast";
  const isRemoval = type === ROUTE.remove;
  // Where IPv4 reaches a destination without a next hop is said by the route's scope; IPv6 knows no scopes.
  const scope = family === FAMILY.ipv4 && isUnicast && route.via === null ? SCOPE.link : SCOPE.everywhere;
  const header = Buffer.alloc(12);
  header.writeUInt8(family, 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt8(MAIN_TABLE, 4);
  header.writeUInt8(route.protocol, 5);
  header.writeUInt8(isRemoval ? SCOPE.any : scope, 6);
  header.writeUInt8(isUnicast ? ROUTE_TYPE.unicast : ROUTE_TYPE.unreachable, 7);
  header.writeUInt32LE(onlink ? ON_LINK : 0, 8);
  return request(
    type,
    flags,
    header,
    ...(prefix === 0 ? [] : [attribute(ROUTE_ATTRIBUTE.destination, bytes)]),
    ...(route.via === null ? [] : [attribute(ROUTE_ATTRIBUTE.gateway, addressBytes(route.via).bytes)]),
    ...(route.source === null ? [] : [attribute(ROUTE_ATTRIBUTE.source, addressBytes(route.source).bytes)]),
    ...(isUnicast ? [attribute(ROUTE_ATTRIBUTE.device, u32(indexOf(route.device)))] : []),
  );
}

function neighbourRequest(
  type: number,
  flags: number,
  { device, address, mac }: NeighbourEntry,
  indexOf: RequestContext["indexOf"],
): Buffer {
  const { family, bytes } = addressBytes(address);
  return request(
    type,
    flags,
    neighbourHeader(family, indexOf(device), PERMANENT, 0),
    attribute(NEIGHBOUR_ATTRIBUTE.destination, bytes),
    ...(type === NEIGHBOUR.remove ? [] : [attribute(NEIGHBOUR_ATTRIBUTE.mac, macBytes(mac))]),
  );
}

function forwardingRequest(
  type: number,
  flags: number,
  { device, mac, destination }: ForwardingEntry,
  indexOf: RequestContext["indexOf"],
): Buffer {
  return request(
    type,
    flags,
    neighbourHeader(FAMILY.bridge, indexOf(device), PERMANENT | NO_ARP, SELF),
    attribute(NEIGHBOUR_ATTRIBUTE.mac, macBytes(mac)),
    attribute(NEIGHBOUR_ATTRIBUTE.destination, addressBytes(destination).bytes),
  );
}

/** struct ndmsg */
function neighbourHeader(family: number, index: number, state: number, flags: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(family, 0);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt16LE(state, 8);
  bytes.writeUInt8(flags, 10);
  return bytes;
}
