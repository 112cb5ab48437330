import type { PortProtocol, PublishedPort } from "./published-ports.ts";

/** What the tables of packet rules depend on, and nothing else: of IPv4, of IPv6, and of what is between hosts. */
export interface RuleSet extends FamilyRules {
  /** Null while this host has no address on the ingress network. */
  readonly ingress: (IngressRules & Underlay) | null;
  /** User networks of which this host has a task; null = none. Their own rules are in their namespaces. */
  readonly overlays: {
    /** UDP port of VXLAN. */
    readonly port: number;
    /** Where other hosts send this host's VXLAN packets. */
    readonly dataPathAddress: string;
    readonly vnis: readonly number[];
    /** Every other host of any of them, with the MAC it has on all. */
    readonly hosts: readonly { readonly mac: string; readonly dataPathAddress: string }[];
  } | null;
  /** Links of tasks that have no way out: they may ask for names, and answer on published ports. */
  readonly closed: readonly string[];
  /** Links of own containers on the predefined `bridge`, which reach each other. */
  readonly bridged: readonly string[];
  /** null = this host's kernel has no IPv6. */
  readonly ipv6: FamilyRules | null;
}

/** What carries the ingress network between hosts. */
export interface Underlay {
  /** The VXLAN device. */
  readonly device: string;
  readonly vni: number;
  /** UDP port of VXLAN. */
  readonly port: number;
  /** Where other hosts send this host's VXLAN packets. */
  readonly dataPathAddress: string;
  /** Every other host. */
  readonly entries: readonly (IngressRules["entries"][number] & { readonly dataPathAddress: string })[];
}

/** Of one family; all addresses are of it. */
export interface FamilyRules {
  /** null = this host has no address of the family on the ingress network. */
  readonly ingress: IngressRules | null;
  /** Tasks with published ports, and where they would look for clients on networks of their own, as CIDR. */
  readonly hiddenClients: readonly { readonly task: string; readonly clients: string }[];
  readonly egress: { readonly subnet: string; readonly gateway: string };
  /** Every task of this host: the host's end of its link, and what its packets come with. */
  readonly tasks: readonly { readonly link: string; readonly mac: string; readonly address: string }[];
  readonly ports: readonly PublishedPort[];
}

export interface IngressRules {
  /** Every block of the network. */
  readonly subnets: readonly string[];
  /** This host's address on it. */
  readonly address: string;
  /** Every other host that carries the family. */
  readonly entries: readonly { readonly mac: string; readonly zone: number; readonly address: string }[];
  /** Tasks on other hosts, each with its host's MAC. */
  readonly remoteTasks: readonly { readonly mac: string; readonly address: string }[];
  /** Ports of this host's tasks that other hosts may lead connections to. */
  readonly targets: readonly { readonly address: string; readonly protocol: PortProtocol; readonly port: number }[];
}
