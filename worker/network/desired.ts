import { addressOf, parseCidr } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import {
  type Attachment,
  hostLinkAddresses,
  hostLinkAddresses6,
  hostLinkMac,
  isClosed,
  linkNameOf,
} from "./attachment.ts";
import { egressGateway6, FORWARDING6, ingress6Part, ipv6Settings, mesh6Of, rules6 } from "./desired-ipv6.ts";
import type { DesiredRoute, DesiredState, HostFacts, Part } from "./desired-state.ts";
import { EGRESS_SUBNET6, egressGateway } from "./egress.ts";
import { hiddenClients } from "./hidden-clients.ts";
import { type Ingress, type IngressEndpoint, readIngress } from "./ingress.ts";
import { localTasks } from "./local-tasks.ts";
import { EGRESS_DEVICE, vxlanName } from "./names.ts";
import { meshTargets, publishedPorts } from "./published-ports.ts";
import { remembered } from "./remembered.ts";
import type { RuleSet } from "./rule-set.ts";
import type { NetworkView } from "./user-network/network-view.ts";
import { overlayMtu } from "./vxlan-link.ts";

/**
 * No answer to ARP, and no note of who asks: neighbours are told on both ends of our links, and the table of neighbours
 * is one for all of a host, so a task that asked under a thousand addresses would cut the host off.
 */
const ARP_IGNORE_ALL = "8";

/** The kernel state that follows from the tables and from the tasks of this host. Pure. */
export function desiredState(
  tables: readonly NetworkTable[],
  attachments: readonly Attachment[],
  facts: HostFacts,
): DesiredState {
  const ingress = readIngress(tables, facts.nodeId);
  const mesh6 = ingress === null ? null : mesh6Of(ingress, facts, ingressMtu(ingress, facts));
  const parts = [
    ...(ingress === null ? [] : [ingressPart(ingress, attachments, facts)]),
    ...(ingress === null || mesh6 === null ? [] : [ingress6Part(ingress, mesh6, attachments)]),
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
      ...(facts.hasIpv6 ? [[FORWARDING6, "1"] as const] : []),
      ...ipv6Settings(parts),
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
              subnets: ingress.subnets,
              address: ingress.self.address,
              entries: ingress.others,
              remoteTasks: ingress.endpoints.flatMap((endpoint) => remoteTask(endpoint) ?? []),
              targets: meshTargets(ingress),
            },
      overlays: overlayRules(facts.networks, attachments),
      closed: attachments.filter(isClosed).map(linkNameOf),
      bridged: attachments.filter(({ isBridged }) => isBridged).map(linkNameOf),
      hiddenClients: hiddenClients(attachments, facts.networks),
      egress: { subnet: facts.egressSubnet, gateway: egressGateway(facts.egressSubnet) },
      tasks: attachments.flatMap((attachment) => {
        const place = { link: linkNameOf(attachment), mac: hostLinkMac(attachment) };
        return hostLinkAddresses(attachment).map((address) => ({ ...place, address }));
      }),
      ports: publishedPorts(ingress, attachments, facts.leftPorts),
      ipv6: facts.hasIpv6 ? rules6(ingress, mesh6, attachments, facts) : null,
    },
    carrying: new Set([
      ...(ingress?.endpoints ?? [])
        .filter(({ state }) => state !== "PENDING")
        .flatMap(({ address, address6 }) => (address6 === null ? [address] : [address, address6])),
      ...attachments
        .filter(({ hostPorts }) => hostPorts.length > 0)
        .flatMap((attachment) => [...hostLinkAddresses(attachment), ...hostLinkAddresses6(attachment)]),
    ]),
    former: new Set(
      attachments.flatMap((one) => [...hostLinkAddresses(one).slice(1), ...hostLinkAddresses6(one).slice(1)]),
    ),
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
      ...ingress.subnets.map((destination) => ({ kind: "unreachable", destination }) as const),
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
  const device = EGRESS_DEVICE;
  const gateway6 = egressGateway6(facts);
  return {
    links: [{ kind: "holder", name: device, mtu: facts.linkMtu }],
    addresses: [
      { device, cidr: `${egressGateway(facts.egressSubnet)}/${prefix}`, scope: "global" },
      ...(gateway6 === null ? [] : [{ device, cidr: `${gateway6}/64`, scope: "global" } as const]),
    ],
    routes: [
      { kind: "unreachable", destination: facts.egressSubnet },
      ...(gateway6 === null ? [] : [{ kind: "unreachable", destination: EGRESS_SUBNET6 } as const]),
    ],
    ipv6Devices: gateway6 === null ? [] : [device],
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
  const mesh6 = onIngress ? mesh6Of(ingress, facts, mtu) : null;
  const gateway6 = onIngress ? (mesh6?.gateway ?? null) : egressGateway6(facts);
  const source6 = onIngress ? (mesh6?.address ?? null) : gateway6;
  const addresses = hostLinkAddresses(attachment);
  const places6 =
    source6 === null ? [] : hostLinkAddresses6(attachment).map((destination) => ({ destination, source: source6 }));
  const mac = hostLinkMac(attachment);
  const route = { kind: "unicast", device, via: null } as const;
  return {
    links: [{ kind: "task", name: device, mtu, gateways: { ipv4: gateway, ipv6: gateway6 }, attachment }],
    routes: [
      ...addresses.map((destination) => ({ ...route, destination, source })),
      ...places6.map((place) => ({ ...route, ...place })),
    ],
    neighbours: [...addresses, ...places6.map(({ destination }) => destination)].map((address) => ({
      ...{ device, address, mac },
    })),
    ipv6Devices: places6.length > 0 ? [device] : [],
    sysctls: [
      [`net/ipv4/conf/${device}/route_localnet`, "1"],
      [`net/ipv4/conf/${device}/arp_ignore`, ARP_IGNORE_ALL],
    ],
  };
}

function ingressMtu(ingress: Ingress, facts: HostFacts): number {
  return Math.min(ingress.mtu ?? Number.POSITIVE_INFINITY, overlayMtu(facts.linkMtu, ingress.self.dataPathAddress));
}
