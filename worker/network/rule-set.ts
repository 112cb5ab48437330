import type { PortProtocol, PublishedPort } from "./published-ports.ts";

/** What the tables of packet rules depend on, and nothing else. */
export interface RuleSet {
  /** Null while this host has no address on the ingress network. */
  readonly ingress: {
    /** The VXLAN device. */
    readonly device: string;
    readonly vni: number;
    /** UDP port of VXLAN. */
    readonly port: number;
    /** Where other hosts send this host's VXLAN packets. */
    readonly dataPathAddress: string;
    readonly subnet: string;
    /** This host's address on it. */
    readonly address: string;
    /** Every other host. */
    readonly entries: readonly {
      readonly mac: string;
      readonly zone: number;
      readonly address: string;
      readonly dataPathAddress: string;
    }[];
    /** Tasks on other hosts, each with its host's MAC. */
    readonly remoteTasks: readonly { readonly mac: string; readonly address: string }[];
    /** Ports of this host's tasks that other hosts may lead connections to. */
    readonly targets: readonly { readonly address: string; readonly protocol: PortProtocol; readonly port: number }[];
  } | null;
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
  /** Tasks with published ports, and where they would look for clients on networks of their own, as CIDR. */
  readonly hiddenClients: readonly { readonly task: string; readonly clients: string }[];
  readonly egress: { readonly subnet: string; readonly gateway: string };
  /** Every task of this host: the host's end of its link, and what its packets come with. */
  readonly tasks: readonly { readonly link: string; readonly mac: string; readonly address: string }[];
  readonly ports: readonly PublishedPort[];
}
