/** The kernel's table of connections: which ones, and the request that makes it forget one. */
import { addressBytes, addressText, FAMILY } from "./addresses.ts";
import { attribute, attributesIn, FLAG, type Message, message, nested, u8, u16Network, u32 } from "./wire.ts";

const SUBSYSTEM = 1 << 8;
const TYPE = { set: SUBSYSTEM | 0, get: SUBSYSTEM | 1, remove: SUBSYSTEM | 2 } as const;
/** CTA_*. */
const CONNECTION = { original: 1, reply: 2, protocolInfo: 4, id: 12, zone: 18, filter: 25 } as const;
const TUPLE = { ip: 1, protocol: 2 } as const;
const TUPLE_IP = { source4: 1, source6: 3 } as const;
const TUPLE_PROTOCOL = { number: 1, destinationPort: 3 } as const;
const FILTER = { original: 1, reply: 2 } as const;
/** Which fields of a tuple are to be compared. */
const COMPARE = { source: 1 << 0, protocol: 1 << 3, destinationPort: 1 << 5 } as const;
const TCP_STATE = { info: 1, state: 1, synSent: 1 } as const;
const PROTOCOL_NUMBER = { tcp: 6, udp: 17 } as const;

/** Connections to be forgotten. */
export type ConnectionPattern =
  /** Those that lead to this address, in whatever state; `unanswered` = only TCP's whose first packet has no answer. */
  | { readonly kind: "backend"; readonly address: string; readonly unanswered: boolean }
  /** UDP exchanges with this port of the host. */
  | { readonly kind: "udpPort"; readonly port: number }
  /** Those of them, or with any port where it is null, that lead to none of these addresses. */
  | { readonly kind: "udpStray"; readonly port: number | null; readonly known: ReadonlySet<string> };

/** Each is answered by the connections that match; kernels before 5.8 answer with all of them. */
export function connectionsRequests(pattern: ConnectionPattern): readonly Buffer[] {
  switch (pattern.kind) {
    case "backend": {
      const { family, bytes } = addressBytes(pattern.address);
      // Asked for an address of IPv6, kernels answer with all connections but those (seen with 6.18): so with all.
      if (family === FAMILY.ipv6) return [all(family)];
      const tuple = nested(CONNECTION.reply, nested(TUPLE.ip, attribute(TUPLE_IP.source4, bytes)));
      return [request(family, tuple, filter(0, COMPARE.source))];
    }
    case "udpStray":
    case "udpPort": {
      if (pattern.port === null) return [FAMILY.ipv4, FAMILY.ipv6].map((family) => all(family));
      const protocol = attribute(TUPLE_PROTOCOL.number, u8(PROTOCOL_NUMBER.udp));
      const port = attribute(TUPLE_PROTOCOL.destinationPort, u16Network(pattern.port));
      const tuple = nested(CONNECTION.original, nested(TUPLE.protocol, protocol, port));
      return [FAMILY.ipv4, FAMILY.ipv6].map((family) =>
        request(family, tuple, filter(COMPARE.protocol | COMPARE.destinationPort, 0)),
      );
    }
  }
}

/** The request that forgets the connection that a message tells of; null = it does not match. */
export function forgetRequest({ type, body }: Message, pattern: ConnectionPattern): Buffer | null {
  if (type !== TYPE.set || body.length < 4) return null;
  const found = attributesIn(body, 4);
  if (!matches(found, pattern)) return null;
  const kept = [CONNECTION.original, CONNECTION.id, CONNECTION.zone].flatMap((number) => {
    const bytes = found.get(number);
    return bytes === undefined ? [] : [attribute(number === CONNECTION.original ? number | NESTED : number, bytes)];
  });
  return message(TYPE.remove, FLAG.request | FLAG.acknowledge, header(body.readUInt8(0)), ...kept);
}

/** Says of an attribute that there are attributes in it; here the kernel wants to see it. */
const NESTED = 0x8000;

function matches(found: ReturnType<typeof attributesIn>, pattern: ConnectionPattern): boolean {
  switch (pattern.kind) {
    case "backend": {
      const ip = attributesIn(attributesIn(found.get(CONNECTION.reply)).get(TUPLE.ip));
      const source = ip.get(TUPLE_IP.source4) ?? ip.get(TUPLE_IP.source6);
      if (source?.equals(addressBytes(pattern.address).bytes) !== true) return false;
      const tcp = attributesIn(attributesIn(found.get(CONNECTION.protocolInfo)).get(TCP_STATE.info));
      return !pattern.unanswered || tcp.get(TCP_STATE.state)?.[0] === TCP_STATE.synSent;
    }
    case "udpStray":
    case "udpPort": {
      const protocol = attributesIn(attributesIn(found.get(CONNECTION.original)).get(TUPLE.protocol));
      const isUdp = protocol.get(TUPLE_PROTOCOL.number)?.[0] === PROTOCOL_NUMBER.udp;
      const isMeant =
        pattern.port === null || protocol.get(TUPLE_PROTOCOL.destinationPort)?.readUInt16BE() === pattern.port;
      return isUdp && isMeant && (pattern.kind === "udpPort" || !pattern.known.has(backendOf(found)));
    }
  }
}

/** Who answers; "" = that is not said. */
function backendOf(found: ReturnType<typeof attributesIn>): string {
  const ip = attributesIn(attributesIn(found.get(CONNECTION.reply)).get(TUPLE.ip));
  const source = ip.get(TUPLE_IP.source4) ?? ip.get(TUPLE_IP.source6);
  return source === undefined ? "" : addressText(source);
}

function all(family: number): Buffer {
  return message(TYPE.get, FLAG.request | FLAG.dump, header(family));
}

function request(family: number, tuple: Buffer, what: Buffer): Buffer {
  const flagged = Buffer.from(tuple);
  flagged.writeUInt16LE(flagged.readUInt16LE(2) | NESTED, 2);
  return message(TYPE.get, FLAG.request | FLAG.dump, header(family), flagged, what);
}

function filter(original: number, reply: number): Buffer {
  return nested(
    CONNECTION.filter | NESTED,
    attribute(FILTER.original, u32(original)),
    attribute(FILTER.reply, u32(reply)),
  );
}

/** struct nfgenmsg */
function header(family: number): Buffer {
  return Buffer.of(family, 0, 0, 0);
}
