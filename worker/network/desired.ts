import type { NodeId } from "../../shared/ids.ts";
import { addressOf, macOf, parseCidr } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { type Attachment, hostLinkAddresses, isClosed, linkNameOf } from "./attachment.ts";
import { egressGateway } from "./egress.ts";
import { hiddenClients } from "./hidden-clients.ts";
import { type Ingress, type IngressEndpoint, readIngress } from "./ingress.ts";
import { localTasks } from "./local-tasks.ts";
import { EGRESS_DEVICE, vxlanName } from "./names.ts";
import type { LeftPorts } from "./port-claims.ts";
import { meshTargets, publishedPorts } from "./published-ports.ts";
import { remembered } from "./remembered.ts";
import type { RuleSet } from "./rule-set.ts";
import type { NetworkView } from "./user-network/network-view.ts";

/** Bytes that VXLAN puts around a packet: Ethernet, IP, UDP and its own header. */
const VXLAN_OVERHEAD = { ipv4: 50, ipv6: 70 } as const;

/**
 * No answer to ARP, and no note of who asks: neighbours are told on both ends of our links, and the table of neighbours
 * is one for all of a host, so a task that asked under a thousand addresses would cut the host off.
 */
const ARP_IGNORE_ALL = "8";

export type DesiredLink =
  | { readonly kind: "holder"; readonly name: string; readonly mtu: number }
  | {
      readonly kind: "vxlan";
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      readonly vni: number;
      readonly port: number;
      /** Source of outer packets; null = the kernel chooses, because this host does not have that address itself. */
      readonly local: string | null;
    }
  | {
      readonly kind: "task";
      readonly name: string;
      readonly mtu: number;
      readonly gateway: string;
      readonly attachment: Attachment;
    };

export interface DesiredAddress {
  readonly device: string;
  readonly cidr: string;
  readonly scope: "global" | "link";
}

export type DesiredRoute =
  /** Straight onto a device, or, with `via`, to a host that stands for the destination. */
  | {
      readonly kind: "unicast";
      /** An address without prefix length. */
      readonly destination: string;
      readonly device: string;
      readonly via: string | null;
      readonly source: string;
    }
  /** Answers at once for addresses of a block that nobody has, instead of asking the default gateway. */
  | { readonly kind: "unreachable"; readonly destination: string };

/** A neighbour that is told, not asked for. */
export interface DesiredNeighbour {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** Where the VXLAN device sends frames for a MAC. */
export interface DesiredForwarding {
  readonly device: string;
  readonly mac: string;
  readonly destination: string;
}

/** What this host's kernel should look like as far as it is ours. */
export interface DesiredState {
  readonly links: readonly DesiredLink[];
  readonly addresses: readonly DesiredAddress[];
  readonly routes: readonly DesiredRoute[];
  readonly neighbours: readonly DesiredNeighbour[];
  readonly forwarding: readonly DesiredForwarding[];
  /** Devices of tasks about whose network nothing is known at the moment: left as they are. */
  readonly untouched: ReadonlySet<string>;
  /** Below /proc/sys/, e.g. `net/ipv4/ip_forward`. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly rules: RuleSet;
  /** Addresses of tasks that may have connections through published ports; those of one that leaves are forgotten. */
  readonly carrying: ReadonlySet<string>;
}

/** What the decision depends on besides the tables: facts of this host. */
export interface HostFacts {
  readonly nodeId: NodeId;
  /** Every network of the tables but ingress. */
  readonly networks: readonly NetworkView[];
  readonly egressSubnet: string;
  /** Largest packet of the link that carries the data path. */
  readonly linkMtu: number;
  /** Addresses this host has. */
  readonly localAddresses: ReadonlySet<string>;
  /** Published ports that are left to programs of this host, at the addresses they listen on. */
  readonly leftPorts: LeftPorts;
  /** Whether the host drops packets that it would not answer through the same device (rp_filter of "all"). */
  readonly strictReversePath: boolean;
}

/** The kernel state that follows from the tables and from the tasks of this host. Pure. */
export function desiredState(
  tables: readonly NetworkTable[],
  attachments: readonly Attachment[],
  facts: HostFacts,
): DesiredState {
  const ingress = readIngress(tables, facts.nodeId);
  const parts = [
    ...(ingress === null ? [] : [ingressPart(ingress, attachments, facts)]),
    egressPart(facts),
    ...attachments.map((attachment) => taskPart(attachment, ingress, facts)),
  ];
  return {
    links: parts.flatMap((part) => part.links ?? []),
    addresses: parts.flatMap((part) => part.addresses ?? []),
    routes: parts.flatMap((part) => part.routes ?? []),
    neighbours: parts.flatMap((part) => part.neighbours ?? []),
    forwarding: parts.flatMap((part) => part.forwarding ?? []),
    untouched: new Set(parts.flatMap((part) => part.untouched ?? [])),
    sysctls: new Map([
      ["net/ipv4/ip_forward", "1"],
      ...parts.flatMap((part) => part.sysctls ?? []),
      // Nobody is to be reached here but by the rules, and those are for IPv4. Absent where IPv6 is off altogether.
      ...parts
        .flatMap((part) => part.links ?? [])
        .map(({ name }) => [`net/ipv6/conf/${name}/disable_ipv6`, "1"] as const),
    ]),
    rules: {
      ingress:
        ingress === null
          ? null
          : {
              device: vxlanName(ingress.vni),
              vni: ingress.vni,
              port: ingress.port,
              dataPathAddress: ingress.self.dataPathAddress,
              subnet: ingress.subnet,
              address: ingress.self.address,
              entries: ingress.others,
              remoteTasks: ingress.endpoints.flatMap((endpoint) => remoteTask(endpoint) ?? []),
              targets: meshTargets(ingress),
            },
      overlays: overlayRules(facts.networks, attachments),
      closed: attachments.filter(isClosed).map(linkNameOf),
      hiddenClients: hiddenClients(attachments, facts.networks),
      egress: { subnet: facts.egressSubnet, gateway: egressGateway(facts.egressSubnet) },
      tasks: attachments.flatMap((attachment) => {
        const place = { link: linkNameOf(attachment), mac: macOf(attachment.cidr) };
        return hostLinkAddresses(attachment).map((address) => ({ ...place, address }));
      }),
      ports: publishedPorts(ingress, attachments, facts.leftPorts),
    },
    carrying: new Set([
      ...(ingress?.endpoints ?? []).filter(({ state }) => state !== "PENDING").map(({ address }) => address),
      ...attachments.filter(({ hostPorts }) => hostPorts.length > 0).flatMap(hostLinkAddresses),
    ]),
  };
}

/** User networks' VXLAN packets pass through the host's namespace; null = this host has a task on none. */
function overlayRules(networks: readonly NetworkView[], attachments: readonly Attachment[]): RuleSet["overlays"] {
  const tasks = localTasks(attachments);
  const here = networks.filter(({ id, vni }) => vni !== null && tasks.has(id));
  const [first] = here;
  if (first === undefined) return null;
  const hosts = new Map(here.flatMap(({ others }) => others.map((host) => [host.nodeId, host])));
  return {
    port: first.port,
    dataPathAddress: first.self.dataPathAddress,
    vnis: here.flatMap(({ vni }) => vni ?? []),
    hosts: [...hosts.values()],
  };
}

type Part = {
  readonly [Key in Exclude<keyof DesiredState, "untouched" | "sysctls" | "rules" | "carrying">]?: DesiredState[Key];
} & {
  readonly untouched?: readonly string[];
  readonly sysctls?: readonly (readonly [string, string])[];
};

function ingressPart(ingress: Ingress, attachments: readonly Attachment[], facts: HostFacts): Part {
  const device = vxlanName(ingress.vni);
  const source = ingress.self.address;
  const mtu = ingressMtu(ingress, facts);
  const local = facts.localAddresses.has(ingress.self.dataPathAddress) ? ingress.self.dataPathAddress : null;
  // While a table still has an address elsewhere, the task that has it here is the truth.
  const here = new Set(attachments.map((attachment) => addressOf(attachment.cidr)));
  return {
    links: [{ kind: "vxlan", name: device, mac: ingress.self.mac, mtu, vni: ingress.vni, port: ingress.port, local }],
    addresses: [
      // Here and not elsewhere: a device without address takes no packet at all where rp_filter is on.
      { device, cidr: ingress.selfCidr, scope: "global" },
      // The same on every host, so that a task's gateway is always the host it runs on. Never chosen as a source.
      { device, cidr: `${ingress.gateway}/32`, scope: "link" },
    ],
    routes: [
      { kind: "unreachable", destination: ingress.subnet },
      ...ingress.others.map(
        ({ address }) => ({ kind: "unicast", destination: address, device, via: null, source }) as const,
      ),
      // One for each address, as the kernel has it, also where a table names an address twice.
      ...new Map(
        ingress.endpoints
          .filter(({ address }) => !here.has(address))
          .flatMap((endpoint) => remoteRoute(endpoint, device, source) ?? [])
          .map((route) => [route.destination, route]),
      ).values(),
    ],
    neighbours: ingress.others.map(({ address, mac }) => ({ device, address, mac })),
    forwarding: ingress.others.map(({ mac, dataPathAddress }) => ({ device, mac, destination: dataPathAddress })),
    sysctls: [
      // Clients keep their addresses all the way, so packets come in here whose sources lie behind other devices,
      // or are this very host's when it called a published port of another host.
      [`net/ipv4/conf/${device}/rp_filter`, facts.strictReversePath ? "2" : "0"],
      [`net/ipv4/conf/${device}/accept_local`, "1"],
      // A connection to 127.0.0.1:PORT is sent on to a task; see the rules for who is kept out.
      [`net/ipv4/conf/${device}/route_localnet`, "1"],
      [`net/ipv4/conf/${device}/arp_ignore`, ARP_IGNORE_ALL],
    ],
  };
}

const remoteTask = remembered(({ address, host }: IngressEndpoint) =>
  host === null ? null : { mac: host.mac, address },
);

const remoteRoute = remembered(
  ({ address, host }: IngressEndpoint, device: string, source: string): DesiredRoute | null =>
    host === null ? null : { kind: "unicast", destination: address, device, via: host.address, source },
);

function egressPart(facts: HostFacts): Part {
  const { prefix } = parseCidr(facts.egressSubnet);
  return {
    links: [{ kind: "holder", name: EGRESS_DEVICE, mtu: facts.linkMtu }],
    addresses: [{ device: EGRESS_DEVICE, cidr: `${egressGateway(facts.egressSubnet)}/${prefix}`, scope: "global" }],
    routes: [{ kind: "unreachable", destination: facts.egressSubnet }],
  };
}

function taskPart(attachment: Attachment, ingress: Ingress | null, facts: HostFacts): Part {
  const device = linkNameOf(attachment);
  // A task outlives its network's table only for a moment (the host leaves): nothing can be said about it then.
  if (attachment.kind === "ingress" && ingress === null) return { untouched: [device] };
  const onIngress = attachment.kind === "ingress" && ingress !== null;
  const gateway = onIngress ? ingress.gateway : egressGateway(facts.egressSubnet);
  const mtu = onIngress ? ingressMtu(ingress, facts) : facts.linkMtu;
  const source = onIngress ? ingress.self.address : gateway;
  const addresses = hostLinkAddresses(attachment);
  const mac = macOf(attachment.cidr);
  return {
    links: [{ kind: "task", name: device, mtu, gateway, attachment }],
    routes: addresses.map((destination) => ({ kind: "unicast", destination, device, via: null, source }) as const),
    neighbours: addresses.map((address) => ({ device, address, mac })),
    sysctls: [
      [`net/ipv4/conf/${device}/route_localnet`, "1"],
      [`net/ipv4/conf/${device}/arp_ignore`, ARP_IGNORE_ALL],
    ],
  };
}

function ingressMtu(ingress: Ingress, facts: HostFacts): number {
  const overhead = ingress.self.dataPathAddress.includes(":") ? VXLAN_OVERHEAD.ipv6 : VXLAN_OVERHEAD.ipv4;
  return Math.min(ingress.mtu ?? Number.POSITIVE_INFINITY, facts.linkMtu - overhead);
}
