import { addressOf } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { DataPathFacts } from "../../shared/rpc/gen/doctor.ts";
import type { HostListener } from "../../shared/rpc/gen/objects.ts";
import type { ObservedState } from "../netlink/state.ts";
import { isOwnLink, vxlanName } from "./names.ts";

/** What an examination of this host's network shows. */
export interface NetworkExamination {
  readonly dataPath: DataPathFacts;
  /** This host's address on the ingress network; null = it has none. */
  readonly overlayAddress: string | null;
  /** Addresses of the other hosts on it, by node. */
  readonly overlayAddresses: ReadonlyMap<string, string>;
  /** An address of IPv6 at which its published ports should answer; null = it has none. */
  readonly address6: string | null;
  /** Programs of the host that listen. */
  readonly listeners: readonly HostListener[];
}

/** What was seen of the kernel, and done to it. */
export interface KernelSeen {
  readonly observed: ObservedState;
  readonly listeners: readonly HostListener[];
  readonly forwards: boolean;
  readonly carriesIpv6: boolean;
  readonly failures: readonly string[];
  readonly repaired: readonly string[];
  readonly foreignDrops: readonly string[];
  readonly inputDrops: readonly string[];
}

/** The facts about this host's network, out of its tables and what was seen of the kernel. Pure. */
export function networkExamination(
  tables: readonly NetworkTable[],
  nodeId: string,
  { observed, listeners, carriesIpv6, ...seen }: KernelSeen,
): NetworkExamination {
  const table = tables.find(({ network }) => network?.spec?.ingress === true);
  const members = (table?.hosts ?? []).filter(({ address }) => address !== "");
  const own = members.find((host) => host.nodeId === nodeId);
  const link = observed.links.find(({ name }) => name === vxlanName(table?.network?.vni ?? -1));
  const dataPathDevice = observed.addresses.find(({ cidr }) => withoutPrefix(cidr) === own?.dataPathAddress)?.device;
  const dataPathLink = observed.links.find(({ name }) => name === dataPathDevice);
  return {
    dataPath: {
      ...seen,
      overlayUp: link?.up === true && own !== undefined,
      overlayMtu: link?.mtu ?? 0,
      linkMtu: dataPathLink?.mtu ?? 0,
      wrongChecksums: 0,
    },
    overlayAddress: own === undefined || link?.up !== true ? null : addressOf(own.address),
    overlayAddresses: new Map(
      members.filter((host) => host !== own).map((host) => [host.nodeId, addressOf(host.address)]),
    ),
    address6: carriesIpv6 ? address6Of(observed) : null,
    listeners,
  };
}

/** The first that others can reach it at. */
function address6Of({ addresses }: ObservedState): string | null {
  const found = addresses.find(({ device, cidr }) => !isOwnLink(device) && /^(?!::1\/|fe[89ab]).*:/.test(cidr));
  return found === undefined ? null : withoutPrefix(found.cidr);
}

function withoutPrefix(cidr: string): string {
  return cidr.split("/")[0] ?? "";
}
