/** What the host's part of the network is to look like, and what that depends on. */
import type { NodeId } from "../../shared/ids.ts";
import type { AddressEntry, ForwardingEntry, NeighbourEntry } from "../netlink/change.ts";
import type { Attachment, Gateways } from "./attachment.ts";
import type { LeftPorts } from "./port-claims.ts";
import type { RuleSet } from "./rule-set.ts";
import type { NetworkView } from "./user-network/network-view.ts";
import type { VxlanLink } from "./vxlan-link.ts";

export type DesiredLink =
  | { readonly kind: "holder"; readonly name: string; readonly mtu: number }
  | VxlanLink
  | {
      readonly kind: "task";
      readonly name: string;
      readonly mtu: number;
      readonly gateways: Gateways;
      readonly attachment: Attachment;
    };

export interface DesiredAddress extends AddressEntry {
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

/** What this host's kernel should look like as far as it is ours. */
export interface DesiredState {
  readonly links: readonly DesiredLink[];
  readonly addresses: readonly DesiredAddress[];
  readonly routes: readonly DesiredRoute[];
  readonly neighbours: readonly NeighbourEntry[];
  readonly forwarding: readonly ForwardingEntry[];
  /** Devices of tasks about whose network nothing is known at the moment: left as they are. */
  readonly untouched: ReadonlySet<string>;
  /** Below /proc/sys/, e.g. `net/ipv4/ip_forward`. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly rules: RuleSet;
  /** Addresses of tasks that may have connections through published ports; those of one that leaves are forgotten. */
  readonly carrying: ReadonlySet<string>;
  /** Those that a task has still and uses no more: programs answer from another one if they have a choice. */
  readonly former: ReadonlySet<string>;
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
  /** Its kernel can do for IPv6 all that the routing mesh needs. */
  readonly hasIpv6: boolean;
}

/** What one network or task adds to it. */
export type Part = {
  readonly [Key in Exclude<
    keyof DesiredState,
    "untouched" | "sysctls" | "rules" | "carrying" | "former"
  >]?: DesiredState[Key];
} & {
  readonly untouched?: readonly string[];
  /** Those of its devices that carry IPv6; all others have it switched off. */
  readonly ipv6Devices?: readonly string[];
  readonly sysctls?: readonly (readonly [string, string])[];
};
