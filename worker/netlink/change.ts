/** One thing to be changed in a network namespace, in words of ours. */

interface LinkBasics {
  readonly name: string;
  readonly mac: string | null;
  /** Largest packet in bytes; null = what the kernel chooses. */
  readonly mtu: number | null;
  /** Path of the namespace it is put into; null = stays where it is made. A VXLAN device goes on sending from there. */
  readonly namespace: string | null;
}

/** A device to be made; it stays down. */
export type NewLink =
  /** A bridge; without ports also a holder of addresses: every kernel that runs containers has it, unlike `dummy`. */
  | (LinkBasics & { readonly kind: "bridge" })
  | (LinkBasics & {
      readonly kind: "vxlan";
      /** 1..2^24-1. */
      readonly vni: number;
      /** UDP port. */
      readonly port: number;
      /** Source of outer packets, IPv4 or IPv6; null = the kernel chooses. */
      readonly local: string | null;
    })
  | (LinkBasics & { readonly kind: "veth"; readonly peer: LinkBasics });

export interface AddressEntry {
  readonly device: string;
  /** With prefix length, e.g. `10.0.0.5/24` or `fd00::5/64`. */
  readonly cidr: string;
}

/** A route of the main table. */
export interface RouteEntry {
  readonly kind: "unicast" | "unreachable" | "other";
  /** `10.0.0.5`, `10.0.0.0/24`, `0.0.0.0/0`; the same for IPv6. Without prefix length it is one address. */
  readonly destination: string;
  /** "" unless unicast. */
  readonly device: string;
  /** The next hop; null = it is on the device's own link. */
  readonly via: string | null;
  /** The source that the host's own packets get; null = the kernel chooses. */
  readonly source: string | null;
  /** Who made it: see /etc/iproute2/rt_protos. */
  readonly protocol: number;
}

/** A neighbour that is told, not asked for. */
export interface NeighbourEntry {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** Where a VXLAN device sends frames for a MAC. */
export interface ForwardingEntry {
  readonly device: string;
  readonly mac: string;
  /** Address of the host. */
  readonly destination: string;
}

export type NetworkChange =
  | { readonly kind: "addLink"; readonly link: NewLink }
  | { readonly kind: "removeLink"; readonly device: string }
  | { readonly kind: "setUp"; readonly device: string }
  | { readonly kind: "setMtu"; readonly device: string; readonly mtu: number }
  /** `bridge` null = it leaves the one it is in. */
  | { readonly kind: "setBridge"; readonly device: string; readonly bridge: string | null }
  /** Replaces. The kernel adds no route for its prefix; `link` = it is never chosen as a source for other links. */
  | { readonly kind: "addAddress"; readonly address: AddressEntry; readonly scope: "global" | "link" }
  | { readonly kind: "removeAddress"; readonly address: AddressEntry }
  /** Replaces. `onlink` = the next hop is on the link whatever the addresses say. */
  | { readonly kind: "addRoute"; readonly route: RouteEntry; readonly onlink: boolean }
  | { readonly kind: "removeRoute"; readonly route: RouteEntry }
  | { readonly kind: "addNeighbour"; readonly neighbour: NeighbourEntry }
  | { readonly kind: "removeNeighbour"; readonly neighbour: NeighbourEntry }
  | { readonly kind: "addForwarding"; readonly forwarding: ForwardingEntry }
  | { readonly kind: "removeForwarding"; readonly forwarding: ForwardingEntry };

/** For a sentence about what was refused. */
export function changeText(change: NetworkChange): string {
  switch (change.kind) {
    case "addLink":
      return `make ${change.link.kind} device ${change.link.name}`;
    case "removeLink":
      return `remove device ${change.device}`;
    case "setUp":
      return `set device ${change.device} up`;
    case "setMtu":
      return `set MTU ${change.mtu} of device ${change.device}`;
    case "setBridge":
      return `${change.bridge === null ? "take" : "put"} device ${change.device} ${change.bridge === null ? "out of its bridge" : `into bridge ${change.bridge}`}`;
    case "addAddress":
    case "removeAddress":
      return `${verbOf(change.kind)} address ${change.address.cidr} on ${change.address.device}`;
    case "addRoute":
    case "removeRoute":
      return `${verbOf(change.kind)} route ${routeText(change.route)}`;
    case "addNeighbour":
    case "removeNeighbour":
      return `${verbOf(change.kind)} neighbour ${change.neighbour.address} on ${change.neighbour.device}`;
    case "addForwarding":
    case "removeForwarding":
      return `${verbOf(change.kind)} forwarding entry ${change.forwarding.mac} on ${change.forwarding.device}`;
  }
}

/** Equal texts are equal routes. */
export function routeText({ kind, destination, device, via, source, protocol }: RouteEntry): string {
  if (kind !== "unicast") return `${kind} ${destination} proto ${protocol}`;
  const way = via === null ? "" : ` via ${via}`;
  return `${destination}${way} dev ${device} proto ${protocol}${source === null ? "" : ` src ${source}`}`;
}

/** The device that must be there before, if any. */
export function deviceOf(change: NetworkChange): string {
  switch (change.kind) {
    case "addLink":
      return change.link.name;
    case "removeLink":
    case "setUp":
    case "setMtu":
    case "setBridge":
      return change.device;
    case "addAddress":
    case "removeAddress":
      return change.address.device;
    case "addRoute":
    case "removeRoute":
      return change.route.device;
    case "addNeighbour":
    case "removeNeighbour":
      return change.neighbour.device;
    case "addForwarding":
    case "removeForwarding":
      return change.forwarding.device;
  }
}

function verbOf(kind: string): "add" | "remove" {
  return kind.startsWith("add") ? "add" : "remove";
}
