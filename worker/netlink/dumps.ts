/** What the kernel says of devices and what stands on them, in answer to a dump or unasked: the same messages. */
import { ADDRESS_BITS, addressText, FAMILY, macText } from "./addresses.ts";
import { INFO, isUp, LINK, LINK_ATTRIBUTE, linkHeader, VXLAN } from "./link-requests.ts";
import {
  ADDRESS,
  ADDRESS_ATTRIBUTE,
  MAIN_TABLE,
  NEIGHBOUR,
  NEIGHBOUR_ATTRIBUTE,
  PERMANENT,
  ROUTE,
  ROUTE_ATTRIBUTE,
  ROUTE_TYPE,
} from "./requests.ts";
import type { News, ObservedLink, Part } from "./state.ts";
import { attribute, attributesIn, FLAG, type Message, message, textOf, u32 } from "./wire.ts";

/** RTM_NEWNETCONF and its kin: settings of devices. Those of IPv6 are told, not asked for: not every kernel has any. */
const SETTINGS = { set: 80, remove: 81, get: 82 } as const;
const SETTINGS_ATTRIBUTE = { index: 1, forwarding: 2, reversePath: 3 } as const;
/** IFLA_EXT_MASK: without counters, which nobody here reads. */
const SKIP_COUNTERS = 1 << 3;
/** RTA_PRIORITY */
const ROUTE_METRIC = 6;

/** The requests that make the kernel tell a part of its state, each answered by a dump. */
export function dumpRequests(part: Part): readonly Buffer[] {
  switch (part) {
    case "links":
      return [
        message(
          LINK.get,
          FLAG.request | FLAG.dump,
          linkHeader(0),
          attribute(LINK_ATTRIBUTE.extensions, u32(SKIP_COUNTERS)),
        ),
      ];
    case "addresses":
      return [message(ADDRESS.get, FLAG.request | FLAG.dump, Buffer.alloc(8))];
    case "routes":
      return [FAMILY.ipv4, FAMILY.ipv6].map((family) => {
        const header = Buffer.alloc(12);
        header.writeUInt8(family, 0);
        header.writeUInt8(MAIN_TABLE, 4);
        return message(ROUTE.get, FLAG.request | FLAG.dump, header);
      });
    case "neighbours":
      return [message(NEIGHBOUR.get, FLAG.request | FLAG.dump, Buffer.alloc(12))];
    case "forwarding":
      return [message(NEIGHBOUR.get, FLAG.request | FLAG.dump, Buffer.of(FAMILY.bridge, ...new Array(11).fill(0)))];
    case "settings":
      return [message(SETTINGS.get, FLAG.request | FLAG.dump, Buffer.of(FAMILY.ipv4, 0, 0, 0))];
  }
}

/** null = nothing that is kept track of. */
export function readNews({ type, flags, body }: Message): News | null {
  switch (type) {
    case LINK.set:
    case LINK.remove:
      return readLink(body, type === LINK.remove);
    case ADDRESS.add:
    case ADDRESS.remove:
      return readAddress(body, type === ADDRESS.remove);
    case ROUTE.add:
    case ROUTE.remove:
      return readRoute(body, type === ROUTE.remove, (flags & FLAG.replace) !== 0);
    case NEIGHBOUR.add:
    case NEIGHBOUR.remove:
      return readNeighbour(body, type === NEIGHBOUR.remove);
    case SETTINGS.set:
    case SETTINGS.remove:
      return readSettings(body, type === SETTINGS.remove);
    default:
      return null;
  }
}

function readLink(body: Buffer, removed: boolean): News | null {
  // Of family "bridge" it is about a port of a bridge, not about a device.
  if (body.length < 16 || body.readUInt8(0) !== FAMILY.unspecified) return null;
  const found = attributesIn(body, 16);
  const name = textOf(found.get(LINK_ATTRIBUTE.name));
  const mtu = found.get(LINK_ATTRIBUTE.mtu);
  if (name === "" || mtu === undefined) return null;
  const info = attributesIn(found.get(LINK_ATTRIBUTE.info));
  const kind = textOf(info.get(INFO.kind));
  const link: ObservedLink = {
    name,
    kind,
    up: isUp(body.readUInt32LE(8)),
    mtu: mtu.readUInt32LE(),
    mac: macText(found.get(LINK_ATTRIBUTE.address)),
    vxlan: kind === "vxlan" ? readVxlan(info.get(INFO.data)) : null,
  };
  return { kind: "link", removed, index: body.readInt32LE(4), link };
}

function readVxlan(bytes: Buffer | undefined): NonNullable<ObservedLink["vxlan"]> {
  const data = attributesIn(bytes);
  return {
    vni: data.get(VXLAN.vni)?.readUInt32LE() ?? 0,
    port: data.get(VXLAN.port)?.readUInt16BE() ?? 0,
    local: addressText(data.get(VXLAN.local) ?? data.get(VXLAN.local6)) || null,
  };
}

function readAddress(body: Buffer, removed: boolean): News | null {
  if (body.length < 8) return null;
  const found = attributesIn(body, 8);
  const address = addressText(found.get(ADDRESS_ATTRIBUTE.local) ?? found.get(ADDRESS_ATTRIBUTE.address));
  if (address === "") return null;
  return { kind: "address", removed, index: body.readUInt32LE(4), cidr: `${address}/${body.readUInt8(1)}` };
}

function readRoute(body: Buffer, removed: boolean, replaces: boolean): News | null {
  if (body.length < 12) return null;
  const family = body.readUInt8(0);
  const bits = family === FAMILY.ipv4 ? ADDRESS_BITS.ipv4 : family === FAMILY.ipv6 ? ADDRESS_BITS.ipv6 : null;
  const found = attributesIn(body, 12);
  const table = found.get(ROUTE_ATTRIBUTE.table)?.readUInt32LE() ?? body.readUInt8(4);
  const isClone = (body.readUInt32LE(8) & CLONED) !== 0;
  if (bits === null || table !== MAIN_TABLE || isClone) return null;
  const length = body.readUInt8(1);
  const address = found.get(ROUTE_ATTRIBUTE.destination) ?? Buffer.alloc(bits / 8);
  const text = addressText(address);
  const index = found.get(ROUTE_ATTRIBUTE.device)?.readUInt32LE() ?? 0;
  const type = body.readUInt8(7);
  // What leads to several next hops names none here.
  const kind =
    type === ROUTE_TYPE.unreachable ? "unreachable" : type === ROUTE_TYPE.unicast && index > 0 ? "unicast" : "other";
  const metric = found.get(ROUTE_METRIC)?.readUInt32LE() ?? 0;
  return {
    kind: "route",
    removed,
    replaces,
    index: kind === "unicast" ? index : 0,
    place: `${text}/${length} ${metric} ${body.readUInt8(3)}`,
    route: {
      kind,
      destination: length === bits ? text : `${text}/${length}`,
      via: addressText(found.get(ROUTE_ATTRIBUTE.gateway)) || null,
      source: addressText(found.get(ROUTE_ATTRIBUTE.source)) || null,
      protocol: body.readUInt8(5),
    },
  };
}

/** RTM_F_CLONED: not a route, but what was once found by one. */
const CLONED = 0x200;

function readNeighbour(body: Buffer, removed: boolean): News | null {
  if (body.length < 12) return null;
  const family = body.readUInt8(0);
  const index = body.readInt32LE(4);
  const found = attributesIn(body, 12);
  const address = addressText(found.get(NEIGHBOUR_ATTRIBUTE.destination));
  const mac = macText(found.get(NEIGHBOUR_ATTRIBUTE.mac));
  if (address === "") return null;
  if (family === FAMILY.bridge) return { kind: "forwarding", removed, index, mac, destination: address };
  const isPermanent = (body.readUInt16LE(8) & PERMANENT) !== 0;
  return { kind: "neighbour", removed, index, address, mac: isPermanent ? mac : null };
}

function readSettings(body: Buffer, removed: boolean): News | null {
  if (body.length < 4) return null;
  const family = body.readUInt8(0);
  if (family !== FAMILY.ipv4 && family !== FAMILY.ipv6) return null;
  const found = attributesIn(body, 4);
  const index = found.get(SETTINGS_ATTRIBUTE.index)?.readInt32LE();
  if (index === undefined) return null;
  const forwarding = found.get(SETTINGS_ATTRIBUTE.forwarding)?.readInt32LE();
  if (family === FAMILY.ipv6)
    return {
      kind: "settings",
      removed,
      index,
      values: forwarding === undefined ? {} : { forwarding6: String(forwarding) },
    };
  const reversePath = found.get(SETTINGS_ATTRIBUTE.reversePath)?.readInt32LE();
  return {
    kind: "settings",
    removed,
    index,
    values: {
      ...(forwarding === undefined ? {} : { forwarding: String(forwarding) }),
      ...(reversePath === undefined ? {} : { rp_filter: String(reversePath) }),
    },
  };
}
