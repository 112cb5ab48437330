/** What of the desired state is of IPv6 alone. */
import { type Attachment, hostLinkAddresses6, hostLinkMac, linkNameOf } from "./attachment.ts";
import type { DesiredRoute, HostFacts, Part } from "./desired-state.ts";
import { EGRESS_SUBNET6, egressGateway } from "./egress.ts";
import { embeddedAddress } from "./embedded-address.ts";
import { hiddenClients } from "./hidden-clients.ts";
import type { Ingress, IngressEndpoint, IngressIpv6 } from "./ingress.ts";
import { vxlanName } from "./names.ts";
import { meshTargets, publishedPorts } from "./published-ports.ts";
import { remembered } from "./remembered.ts";
import type { FamilyRules } from "./rule-set.ts";

/** Whether the kernel passes packets of IPv6 on: of all devices or of none. */
export const FORWARDING6 = "net/ipv6/conf/all/forwarding";

/** Smaller packets than this the kernel has no IPv6 for (RFC 8200). */
export const IPV6_MTU_MIN = 1_280;

/** The routing mesh over IPv6 on this host. */
export interface Mesh6 extends IngressIpv6 {
  /** This host's address, without prefix length. */
  readonly address: string;
}

/** null = the mesh has no IPv6 here: the kernel has none, packets would be too small, or the network has no block. */
export function mesh6Of({ ipv6, self }: Ingress, facts: HostFacts, mtu: number): Mesh6 | null {
  if (!facts.hasIpv6 || mtu < IPV6_MTU_MIN || ipv6 === null || self.address6 === null) return null;
  return { ...ipv6, address: self.address6 };
}

/** This host's address on the host-local network; null = that has no IPv6. */
export function egressGateway6({ hasIpv6, linkMtu, egressSubnet }: HostFacts): string | null {
  if (!hasIpv6 || linkMtu < IPV6_MTU_MIN) return null;
  return embeddedAddress(EGRESS_SUBNET6, egressGateway(egressSubnet));
}

/** Beside the same of IPv4, on the same device and with the same MACs. */
export function ingress6Part(ingress: Ingress, mesh6: Mesh6, attachments: readonly Attachment[]): Part {
  const device = vxlanName(ingress.vni);
  const { address: source, gateway, selfCidr, subnet } = mesh6;
  const others = ingress.others.flatMap(({ address6, mac }) => (address6 === null ? [] : [{ address: address6, mac }]));
  const here = new Set<string | null>(attachments.flatMap(hostLinkAddresses6));
  return {
    addresses: [
      { device, cidr: selfCidr, scope: "global" },
      { device, cidr: `${gateway}/128`, scope: "link" },
    ],
    routes: [
      { kind: "unreachable", destination: subnet },
      ...others.map(({ address }) => ({ kind: "unicast", destination: address, device, via: null, source }) as const),
      ...new Map(
        ingress.endpoints
          .filter(({ address6 }) => !here.has(address6))
          .flatMap((endpoint) => remoteRoute(endpoint, device, source) ?? [])
          .map((route) => [route.destination, route]),
      ).values(),
    ],
    neighbours: others.map(({ address, mac }) => ({ device, address, mac })),
    ipv6Devices: [device],
  };
}

/** Devices without IPv6 have it switched off: nobody is to be reached there but by the rules. */
export function ipv6Settings(parts: readonly Part[]): readonly (readonly [path: string, value: string])[] {
  const carrying = new Set(parts.flatMap(({ ipv6Devices }) => ipv6Devices ?? []));
  return parts
    .flatMap(({ links }) => links ?? [])
    .flatMap(({ name }) =>
      (carrying.has(name) ? ON : OFF).map(([setting, value]) => [`net/ipv6/conf/${name}/${setting}`, value] as const),
    );
}

const OFF = [["disable_ipv6", "1"]] as const;
const ON = [
  // No link-local address: nobody has a use for one, and the kernel sends nothing by itself without one.
  ["addr_gen_mode", "1"],
  ["accept_ra", "0"],
  ["accept_dad", "0"],
  // Last: what comes up with it must find the others.
  ["disable_ipv6", "0"],
] as const;

export function rules6(
  ingress: Ingress | null,
  mesh6: Mesh6 | null,
  attachments: readonly Attachment[],
  facts: HostFacts,
): FamilyRules {
  return {
    ingress: ingress === null || mesh6 === null ? null : meshRules(ingress, mesh6),
    hiddenClients: hiddenClients(attachments, facts.networks, "ipv6"),
    egress: { subnet: EGRESS_SUBNET6, gateway: embeddedAddress(EGRESS_SUBNET6, egressGateway(facts.egressSubnet)) },
    tasks: attachments.flatMap((attachment) => {
      const place = { link: linkNameOf(attachment), mac: hostLinkMac(attachment) };
      return hostLinkAddresses6(attachment).map((address) => ({ ...place, address }));
    }),
    ports: publishedPorts(mesh6 === null ? null : ingress, attachments, facts.leftPorts, "ipv6"),
  };
}

function meshRules(ingress: Ingress, { subnet, address }: Mesh6): NonNullable<FamilyRules["ingress"]> {
  return {
    subnets: [subnet],
    address,
    entries: ingress.others.flatMap(({ address6, mac, zone }) =>
      address6 === null ? [] : [{ mac, zone, address: address6 }],
    ),
    remoteTasks: ingress.endpoints.flatMap((endpoint) => remoteTask(endpoint) ?? []),
    targets: meshTargets(ingress, "ipv6"),
  };
}

const remoteTask = remembered(({ address6, host }: IngressEndpoint) =>
  host === null || address6 === null ? null : { mac: host.mac, address: address6 },
);

const remoteRoute = remembered(
  ({ address6, host }: IngressEndpoint, device: string, source: string): DesiredRoute | null =>
    host === null || address6 === null
      ? null
      : { kind: "unicast", destination: address6, device, via: host.address6, source },
);
