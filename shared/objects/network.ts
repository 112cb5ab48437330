import type { NetworkSubnet, Network as WireNetwork, NetworkSpec as WireSpec } from "../rpc/gen/objects.ts";
import { labelOf } from "./labels.ts";

/** The first IPv4 block of a network, where its oldest addresses are; null while it has none. */
export function firstSubnet(network: Pick<WireNetwork, "subnets">): NetworkSubnet | null {
  return network.subnets.find(({ cidr }) => !cidr.includes(":")) ?? null;
}

/** Whether addresses of IPv6 are in use on it: people asked for them, or it is ingress, which has them always. */
export function hasIpv6({ spec, subnets }: Pick<WireNetwork, "subnets" | "spec">): boolean {
  return spec?.ipv6 === true || subnets.some(({ cidr }) => cidr.includes(":"));
}

/** How a network is made on the hosts. */
export type NetworkDriver = "overlay" | "bridge" | "host" | "null";

/** The networks that every cluster has besides ingress, by name, with their drivers. They are each host's own. */
export const PREDEFINED_NETWORKS: ReadonlyMap<string, NetworkDriver> = new Map([
  ["bridge", "bridge"],
  ["host", "host"],
  ["none", "null"],
]);

type Spec = Pick<WireSpec, "annotations" | "driver">;

export const driverOf = ({ driver }: Pick<WireSpec, "driver">): string => driver || "overlay";

/** Whether it is one of those that every cluster has, and none that people made. */
export function isPredefined(spec: Spec): boolean {
  return PREDEFINED_NETWORKS.get(spec.annotations?.name ?? "") === driverOf(spec);
}

/**
 * Whether its tasks have addresses on it. `host` and `null` have none to give, and the predefined `bridge` is the link
 * to its host that every task has anyway.
 */
export function hasAddresses(spec: Spec): boolean {
  const driver = driverOf(spec);
  return driver === "overlay" || (driver === "bridge" && !isPredefined(spec));
}

/** Docker's word for how far a network reaches. */
export function scopeOf(spec: Pick<WireSpec, "driver">): "swarm" | "local" {
  return driverOf(spec) === "overlay" ? "swarm" : "local";
}

/** First and last of Docker's range of overlay numbers. */
export const VNI_MIN = 4_096;
export const VNI_MAX = 16_777_215;

/** Docker's word for the overlay number that people ask for. */
export const VNI_OPTION = "com.docker.network.driver.overlay.vxlanid_list";
/** Docker's words for the largest packet, the newer one last. */
export const MTU_OPTIONS = ["mtu", "com.docker.network.driver.mtu"] as const;

/**
 * The overlay number asked for; null = none. Docker wants one for each block of addresses; a network has one here, so
 * the first of the list is it.
 */
export function requestedVni({ options }: Pick<WireSpec, "options">): number | null {
  const text = labelOf(options, VNI_OPTION);
  const vni = Number(text?.split(",")[0]);
  return text !== undefined && Number.isInteger(vni) && vni >= VNI_MIN && vni <= VNI_MAX ? vni : null;
}
