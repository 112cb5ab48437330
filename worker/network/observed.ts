import { SwarmError } from "../../shared/errors.ts";
import { isOwnLink, ROUTE_PROTOCOL } from "./names.ts";

/** What one process shows of the kernel: the lines for `ip -j -d -batch -`, in the order `parseObserved` expects. */
export const OBSERVE_LINES = ["address show", "route show table main", "neighbour show nud permanent"] as const;

export interface ObservedLink {
  readonly name: string;
  /** As `ip` calls it: vxlan, bridge, veth; "" for hardware. */
  readonly kind: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly mac: string;
  /** Of VXLAN devices; null for others. */
  readonly vxlan: { readonly vni: number; readonly port: number; readonly local: string | null } | null;
}
export interface ObservedAddress {
  readonly device: string;
  readonly cidr: string;
}
export interface ObservedRoute {
  /** With prefix length, except for host routes and "default", as `ip` prints them. */
  readonly destination: string;
  readonly kind: string;
  readonly device: string;
  readonly via: string | null;
  readonly source: string | null;
  readonly protocol: string;
}
export interface ObservedNeighbour {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}
export interface ObservedForwarding {
  readonly device: string;
  readonly mac: string;
  readonly destination: string;
}

/** The kernel's state as seen at one moment; links, addresses and routes of others too, since ours must not clash. */
export interface ObservedState {
  readonly links: readonly ObservedLink[];
  readonly addresses: readonly ObservedAddress[];
  readonly routes: readonly ObservedRoute[];
  /** Only permanent ones on our devices. */
  readonly neighbours: readonly ObservedNeighbour[];
  /** Only of our VXLAN devices. */
  readonly forwarding: readonly ObservedForwarding[];
}

/**
 * Reads what `ip` and `bridge -j fdb show` printed.
 * @throws SwarmError internal when a program printed something else than expected.
 */
export function parseObserved(ipOutput: string, bridgeOutput: string): ObservedState {
  const arrays = ipOutput
    .split("\n")
    .filter((line) => line.startsWith("["))
    .map(parseArray);
  // `ip` leaves a line out when a table is empty, so the arrays are told apart by what is in them.
  const withField = (field: string): readonly Record<string, unknown>[] =>
    arrays.find((items) => items.some((item) => field in item)) ?? [];
  const devices = withField("ifname").filter((item) => "ifname" in item);
  return {
    links: devices.map(toLink),
    addresses: devices.flatMap(toAddresses),
    routes: arrays
      .flat()
      .filter((item) => "protocol" in item && "dst" in item)
      .map(toRoute),
    neighbours: arrays
      .flat()
      .filter((item) => "lladdr" in item && isOwnLink(text(item["dev"])))
      .map((item) => ({ device: text(item["dev"]), address: text(item["dst"]), mac: text(item["lladdr"]) })),
    forwarding: bridgeOutput
      .split("\n")
      .filter((line) => line.startsWith("["))
      .flatMap(parseArray)
      .filter((item) => "dst" in item && isOwnLink(text(item["ifname"])))
      .map((item) => ({ device: text(item["ifname"]), mac: text(item["mac"]), destination: text(item["dst"]) })),
  };
}

/** Whether a route is ours: on one of our devices, or without a device but with our number. */
export function isOwnRoute(route: ObservedRoute): boolean {
  return isOwnLink(route.device) || route.protocol === String(ROUTE_PROTOCOL);
}

function parseArray(line: string): readonly Record<string, unknown>[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = null;
  }
  if (!Array.isArray(value))
    throw new SwarmError("internal", `ip or bridge printed what is not a list: ${line.slice(0, 80)}`);
  return value.filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null);
}

function toLink(item: Record<string, unknown>): ObservedLink {
  const info = record(item["linkinfo"]);
  const data = record(info["info_data"]);
  const kind = text(info["info_kind"]);
  return {
    name: text(item["ifname"]),
    kind,
    up: Array.isArray(item["flags"]) && item["flags"].includes("UP"),
    mtu: Number(item["mtu"]),
    mac: text(item["address"]),
    vxlan:
      kind !== "vxlan"
        ? null
        : {
            vni: Number(data["id"]),
            port: Number(data["port"]),
            local: text(data["local"]) || text(data["local6"]) || null,
          },
  };
}

function toAddresses(item: Record<string, unknown>): readonly ObservedAddress[] {
  const infos = Array.isArray(item["addr_info"]) ? item["addr_info"].map(record) : [];
  return infos
    .filter((info) => info["family"] === "inet" || info["family"] === "inet6")
    .map((info) => ({ device: text(item["ifname"]), cidr: `${text(info["local"])}/${Number(info["prefixlen"])}` }));
}

function toRoute(item: Record<string, unknown>): ObservedRoute {
  return {
    destination: text(item["dst"]),
    kind: text(item["type"]) || "unicast",
    device: text(item["dev"]),
    via: text(item["gateway"]) || null,
    source: text(item["prefsrc"]) || null,
    protocol: text(item["protocol"]),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
