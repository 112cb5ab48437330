/** The names of everything we make in the kernel; what has such a name is ours, and nothing else is. */
import type { ContainerKey } from "../../shared/ids.ts";
import type { RouteEntry } from "../netlink/change.ts";

/** Holds the gateway address of the host-local egress network. Has no ports. */
export const EGRESS_DEVICE = "sw-egress";
/** The host's end of a task's link to the ingress network; followed by the start of the task id. */
export const INGRESS_LINK_PREFIX = "swi-";
/** The host's end of a task's link to the egress network. */
export const EGRESS_LINK_PREFIX = "swe-";
/**
 * The other end of a task's link to a user network, in that network's namespace; followed by the start of the task id.
 */
export const USER_LINK_PREFIX = "swn-";
/** Followed by the network's VNI. Holds the host's own address on the network and the network's gateway address. */
const VXLAN_PREFIX = "sw-vx";

/** Table of family `ip`; also the name people look for in `nft list tables`. */
export const NFT_TABLE = "swarm";
/** Marks our routes that name no device; any number that nobody else uses (see /etc/iproute2/rt_protos). */
export const ROUTE_PROTOCOL = 83;

const NETWORK_NAMESPACE_PREFIX = "swarm-net-";

/** Interface names have at most 15 characters. */
const LINK_ID_LENGTH = 11;
const NAMESPACE_ID_LENGTH = 12;

/** What interfaces inside a task are called: user networks come first, then the link to the host. */
export function interfaceAt(number: number): string {
  return `eth${number}`;
}

export function isInterfaceName(name: unknown): name is string {
  return typeof name === "string" && /^eth\d{1,4}$/.test(name);
}

export function vxlanName(vni: number): string {
  return `${VXLAN_PREFIX}${vni}`;
}

export function taskLinkName(taskId: ContainerKey, kind: "ingress" | "egress"): string {
  return `${kind === "ingress" ? INGRESS_LINK_PREFIX : EGRESS_LINK_PREFIX}${taskId.slice(0, LINK_ID_LENGTH)}`;
}

export function userLinkName(taskId: ContainerKey): string {
  return `${USER_LINK_PREFIX}${taskId.slice(0, LINK_ID_LENGTH)}`;
}

export function namespaceName(taskId: ContainerKey): string {
  return `swarm-${taskId.slice(0, NAMESPACE_ID_LENGTH)}`;
}

/** The namespace of a user network on this host. */
export function networkNamespaceName(networkId: string): string {
  return `${NETWORK_NAMESPACE_PREFIX}${networkId.slice(0, NAMESPACE_ID_LENGTH)}`;
}

export function isNetworkNamespace(name: string): boolean {
  return name.startsWith(NETWORK_NAMESPACE_PREFIX);
}

export function isOwnLink(name: string): boolean {
  return name === EGRESS_DEVICE || /^sw-vx\d+$|^sw[ien]-[a-z0-9]{11}$/.test(name);
}

/** The host's end of some task's link. */
export function isTaskLink(name: string): boolean {
  return /^sw[ie]-[a-z0-9]{11}$/.test(name);
}

/** The end of some task's link that is in the namespace of a user network. */
export function isUserLink(name: string): boolean {
  return name.startsWith(USER_LINK_PREFIX);
}

/** Whether a link and a namespace of these names are the same task's. */
export function isOfOneTask(link: string, namespace: string): boolean {
  return isTaskLink(link) && namespace.startsWith(`swarm-${link.slice(INGRESS_LINK_PREFIX.length)}`);
}

/** Whether a route is ours: on one of our devices, or without a device but with our number. */
export function isOwnRoute(route: Pick<RouteEntry, "device" | "protocol">): boolean {
  return isOwnLink(route.device) || route.protocol === ROUTE_PROTOCOL;
}
