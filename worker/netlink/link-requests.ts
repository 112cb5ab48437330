import { addressBytes, FAMILY, macBytes } from "./addresses.ts";
import type { NewLink } from "./change.ts";
import { attribute, cText, FLAG, message, nested, u8, u16Network, u32 } from "./wire.ts";

/** Types of messages about devices. */
export const LINK = { set: 16, remove: 17, get: 18 } as const;

/** Attributes of a device (IFLA_*). */
export const LINK_ATTRIBUTE = {
  address: 1,
  name: 3,
  mtu: 4,
  master: 10,
  info: 18,
  namespaceFile: 28,
  extensions: 29,
  sendQueues: 31,
  receiveQueues: 32,
} as const;
/** Inside of `info`. */
export const INFO = { kind: 1, data: 2 } as const;
/** Inside of a VXLAN device's `data`. */
export const VXLAN = { vni: 1, local: 4, learning: 7, port: 15, local6: 17 } as const;
/** Inside of a veth's `data`. */
const VETH_PEER = 1;
/**
 * Of both ends of a veth. It uses one each way; a kernel that is not told makes one for each processor and takes all
 * but one away again, for which it waits until no processor can still be using them: twice some milliseconds a link.
 */
const VETH_QUEUES = [
  attribute(LINK_ATTRIBUTE.sendQueues, u32(1)),
  attribute(LINK_ATTRIBUTE.receiveQueues, u32(1)),
] as const;
const IFF_UP = 1;

/** The open file of the namespace at a path. */
export type NamespaceFiles = (path: string) => number;

export function addLinkRequest(link: NewLink, fileOf: NamespaceFiles): Buffer {
  const info = [attribute(INFO.kind, cText(link.kind).subarray(0, -1)), ...dataOf(link, fileOf)];
  return message(
    LINK.set,
    FLAG.request | FLAG.acknowledge | FLAG.create | FLAG.exclusive,
    linkHeader(0),
    ...basicAttributes(link, fileOf, link.kind === "veth" ? VETH_QUEUES : []),
    nested(LINK_ATTRIBUTE.info, ...info),
  );
}

export function removeLinkRequest(index: number): Buffer {
  return message(LINK.remove, FLAG.request | FLAG.acknowledge, linkHeader(index));
}

export function setUpRequest(index: number): Buffer {
  return message(LINK.set, FLAG.request | FLAG.acknowledge, linkHeader(index, IFF_UP));
}

export function setMtuRequest(index: number, mtu: number): Buffer {
  return message(LINK.set, FLAG.request | FLAG.acknowledge, linkHeader(index), attribute(LINK_ATTRIBUTE.mtu, u32(mtu)));
}

/** `bridge` 0 = none. */
export function setBridgeRequest(index: number, bridge: number): Buffer {
  return message(
    LINK.set,
    FLAG.request | FLAG.acknowledge,
    linkHeader(index),
    attribute(LINK_ATTRIBUTE.master, u32(bridge)),
  );
}

export function isUp(flags: number): boolean {
  return (flags & IFF_UP) !== 0;
}

/** struct ifinfomsg; `up` sets these flags and leaves the others as they are. */
export function linkHeader(index: number, up = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt8(FAMILY.unspecified, 0);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(up, 8);
  bytes.writeUInt32LE(up, 12);
  return bytes;
}

/** In the order of `ip link add`, so that its messages and ours can be compared byte by byte. */
function basicAttributes(
  { mac, mtu, namespace, name }: Pick<NewLink, "mac" | "mtu" | "namespace" | "name">,
  fileOf: NamespaceFiles,
  queues: readonly Buffer[],
): readonly Buffer[] {
  return [
    ...(mac === null ? [] : [attribute(LINK_ATTRIBUTE.address, macBytes(mac))]),
    ...(mtu === null ? [] : [attribute(LINK_ATTRIBUTE.mtu, u32(mtu))]),
    ...(namespace === null ? [] : [attribute(LINK_ATTRIBUTE.namespaceFile, u32(fileOf(namespace)))]),
    ...queues,
    attribute(LINK_ATTRIBUTE.name, cText(name)),
  ];
}

function dataOf(link: NewLink, fileOf: NamespaceFiles): readonly Buffer[] {
  switch (link.kind) {
    case "bridge":
      return [];
    case "vxlan": {
      const local = link.local === null ? null : addressBytes(link.local);
      return [
        nested(
          INFO.data,
          attribute(VXLAN.vni, u32(link.vni)),
          ...(local === null
            ? []
            : [attribute(local.family === FAMILY.ipv4 ? VXLAN.local : VXLAN.local6, local.bytes)]),
          attribute(VXLAN.learning, u8(0)),
          attribute(VXLAN.port, u16Network(link.port)),
        ),
      ];
    }
    case "veth": {
      const peer = [linkHeader(0), ...basicAttributes(link.peer, fileOf, VETH_QUEUES)];
      return [nested(INFO.data, attribute(VETH_PEER, Buffer.concat(peer)))];
    }
  }
}
