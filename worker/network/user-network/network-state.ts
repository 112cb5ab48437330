import type { AddressEntry, ForwardingEntry, NeighbourEntry, RouteEntry } from "../../netlink/change.ts";
import { ROUTE_PROTOCOL, vxlanName } from "../names.ts";
import { overlayMtu, type VxlanLink } from "../vxlan-link.ts";
import { type LocalTask, taskAddress, taskMac } from "./local-task.ts";
import { type EndpointView, FAMILIES, type Family, familyOf, type HostView, type NetworkView } from "./network-view.ts";

/** The gateway's, in every network on every host. */
const GATEWAY_MAC = "0a:42:00:00:00:01";
/** Every namespace has it. */
const LOOPBACK = "lo";

/** What the kernel should have in one namespace, as far as it is ours. */
export interface NamespaceState {
  readonly links: readonly StateLink[];
  readonly addresses: readonly AddressEntry[];
  readonly routes: readonly RouteEntry[];
  readonly neighbours: readonly NeighbourEntry[];
  readonly forwarding: readonly ForwardingEntry[];
}

export type StateLink =
  | VxlanLink
  | {
      readonly kind: "task";
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      /** The other end. */
      readonly task: LocalTask;
    };

/** What depends on this host. */
export interface NetworkFacts {
  /** Largest packet of the link that carries the data path. */
  readonly linkMtu: number;
  /** Addresses this host has. */
  readonly localAddresses: ReadonlySet<string>;
}

/** Settings of a network's namespace, below /proc/sys/; to be made before its devices, which take them over. */
export const NETWORK_SETTINGS: readonly (readonly [path: string, value: string])[] = [
  ["net/ipv4/ip_forward", "1"],
  ["net/ipv6/conf/all/forwarding", "1"],
  ...["all", "default"].flatMap(
    (device) =>
      [
        // The packet rules know better than the routes who may come from where.
        [`net/ipv4/conf/${device}/rp_filter`, "0"],
        // A task that calls itself must not be told a shorter way.
        [`net/ipv4/conf/${device}/send_redirects`, "0"],
        // No answer to ARP, and no note of who asks: neighbours are told on both ends.
        [`net/ipv4/conf/${device}/arp_ignore`, "8"],
        [`net/ipv6/conf/${device}/accept_ra`, "0"],
        [`net/ipv6/conf/${device}/accept_dad`, "0"],
        // No link-local addresses: nobody has a use for them here.
        [`net/ipv6/conf/${device}/addr_gen_mode`, "1"],
      ] as const,
  ),
];

/** The state of a network's namespace on this host. Pure. */
export function networkState(view: NetworkView, tasks: readonly LocalTask[], facts: NetworkFacts): NamespaceState {
  const overlay = view.vni === null ? null : { vni: view.vni, name: vxlanName(view.vni) };
  const mtu = networkMtu(view, facts);
  const local = facts.localAddresses.has(view.self.dataPathAddress) ? view.self.dataPathAddress : null;
  // While a table still has an address elsewhere, the task that has it here is the truth.
  const here = new Set(tasks.flatMap((task) => FAMILIES.flatMap((family) => taskAddress(task, family) ?? [])));
  const remote = new Map(
    view.endpoints
      .flatMap((endpoint) => (overlay === null ? [] : neighboursOf(endpoint, overlay.name)))
      .filter(({ address }) => !here.has(address))
      .map((neighbour) => [neighbour.address, neighbour]),
  );
  return {
    links: [
      ...(overlay === null
        ? []
        : [{ kind: "vxlan", ...overlay, mac: view.self.mac, mtu, port: view.port, local } as const]),
      ...tasks.map((task) => ({ kind: "task", name: task.link, mac: GATEWAY_MAC, mtu, task }) as const),
    ],
    // On no link, so that it is everybody's.
    addresses: view.blocks.map(({ gateway }) => ({ device: LOOPBACK, cidr: single(gateway) })),
    routes: [
      // Whoever is not here is behind the VXLAN device, if anywhere.
      ...(overlay === null ? [] : view.blocks.map(({ cidr }) => route({ destination: cidr, device: overlay.name }))),
      ...tasks.flatMap((task) =>
        FAMILIES.flatMap((family) => {
          const address = taskAddress(task, family);
          return address === null ? [] : [route({ destination: address, device: task.link })];
        }),
      ),
    ],
    neighbours: [
      ...tasks.flatMap((task) =>
        FAMILIES.flatMap((family) => {
          const address = taskAddress(task, family);
          return address === null ? [] : [{ device: task.link, address, mac: taskMac(task) }];
        }),
      ),
      ...remote.values(),
    ],
    forwarding:
      overlay === null
        ? []
        : view.others.map(({ mac, dataPathAddress }) => ({
            ...{ device: overlay.name, mac, destination: dataPathAddress },
          })),
  };
}

/**
 * What a task's own namespace should have on its interface of the network. Its address makes no route of its own:
 * every packet goes to the host, which routes it, so that neighbours on the same host and on others are reached in one
 * way, and the rules there see everything.
 */
export function taskState(view: NetworkView, task: LocalTask): Omit<NamespaceState, "links" | "forwarding"> {
  const device = task.interfaceName;
  const families = FAMILIES.filter((family) => task.cidrs[family] !== null);
  const gateways = families.flatMap((family) => view.blocks.find((block) => block.family === family) ?? []);
  return {
    addresses: families.map((family) => ({ device, cidr: task.cidrs[family] ?? "" })),
    neighbours: gateways.map(({ gateway }) => ({ device, address: gateway, mac: GATEWAY_MAC })),
    routes: gateways.flatMap(({ family, gateway }) => [
      route({ destination: gateway, device }),
      ...view.blocks
        .filter((block) => block.family === family)
        .map(({ cidr }) => route({ destination: cidr, device, via: gateway, source: taskAddress(task, family) })),
    ]),
  };
}

/** Largest packet inside the network. */
export function networkMtu(view: NetworkView, facts: NetworkFacts): number {
  const { linkMtu } = facts;
  const most = view.vni === null ? linkMtu : overlayMtu(linkMtu, view.self.dataPathAddress);
  return Math.min(view.mtu ?? Number.POSITIVE_INFINITY, most);
}

// An endpoint says the same for as long as it and its host are the same objects.
const neighbours = new WeakMap<
  EndpointView,
  { readonly device: string; readonly entries: readonly NeighbourEntry[] }
>();

function neighboursOf(endpoint: EndpointView, device: string): readonly NeighbourEntry[] {
  const { host, addresses } = endpoint;
  if (host === null) return [];
  const known = neighbours.get(endpoint);
  if (known?.device === device) return known.entries;
  const entries = FAMILIES.flatMap((family) => neighbourOn(addresses[family], device, host));
  neighbours.set(endpoint, { device, entries });
  return entries;
}

function neighbourOn(address: string | null, device: string, { mac }: HostView): readonly NeighbourEntry[] {
  return address === null ? [] : [{ device, address, mac }];
}

function route(
  options: Pick<RouteEntry, "destination" | "device"> & Partial<Pick<RouteEntry, "via" | "source">>,
): RouteEntry {
  return { kind: "unicast", via: null, source: null, protocol: ROUTE_PROTOCOL, ...options };
}

function single(address: string): string {
  const lengths: Record<Family, number> = { ipv4: 32, ipv6: 128 };
  return `${address}/${lengths[familyOf(address)]}`;
}
