import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { toBlock } from "../../shared/ip-block.ts";
import { addressOf, canonicalCidr, macOf, toCidr } from "../../shared/ipv4.ts";
import { isMacAddress } from "../../shared/mac-address.ts";
import { isContainerKey } from "../../shared/objects/container-id.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import type { NetworkChange, NewLink } from "../netlink/change.ts";
import { type AttachedNetwork, isAttachedNetworks } from "./attached-network.ts";
import { EGRESS_SUBNET6 } from "./egress.ts";
import { embeddedCidr } from "./embedded-address.ts";
import { interfaceAt, isInterfaceName, taskLinkName } from "./names.ts";

/** RTPROT_BOOT, as `ip route` has it: made by hand. */
const BOOT_PROTOCOL = 3;

/**
 * A local task's place in the network; kept in a file, so that a daemon that returns knows which namespaces, addresses
 * and ports are taken. Everything else about it follows from these.
 */
export interface Attachment {
  readonly taskId: ContainerKey;
  /** Path of the namespace. */
  readonly namespacePath: string;
  /** Tasks with ingress ports live on the ingress network and leave through it; all others on the host-local one. */
  readonly kind: "ingress" | "egress";
  /** Its address of IPv4 on its link to the host, with the network's prefix length. */
  readonly cidr: string;
  /** The same of IPv6; null = it has none: the host does not carry IPv6, or did not when the link was made. */
  readonly cidr6: string | null;
  /**
   * Its host-local address from before its service published its first port: connections that it had begun go on from
   * there. null = none. An address on ingress is never kept: the managers give it to another task.
   */
  readonly formerCidr: string | null;
  /** Host-mode ports with the numbers really bound. */
  readonly hostPorts: readonly PortConfig[];
  /** Hardware address of its end of the link to the host, if people chose one; absent = it follows from the address. */
  readonly mac?: string;
  /** What its link to the host is called inside. */
  readonly interfaceName: string;
  /** Its user networks, the first one first. */
  readonly networks: readonly AttachedNetwork[];
  /** It is an own container on the predefined `bridge`, and reaches the others there by their addresses. */
  readonly isBridged: boolean;
}

/** A task without any network: it has a namespace of its own, with loopback alone. */
export interface BareAttachment {
  readonly taskId: ContainerKey;
  readonly namespacePath: string;
  readonly kind: "none";
}

/** Whether it has networks, none of which has a way out: then its host link is for names and published ports alone. */
export function isClosed({ networks }: Attachment): boolean {
  return networks.length > 0 && networks.every(({ isInternal }) => isInternal);
}

/** Every address of IPv4 on the task's link to its host, without prefix length, the one it uses first. */
export function hostLinkAddresses(attachment: Attachment): readonly string[] {
  return hostLinkCidrs(attachment).map(addressOf);
}

/** The same of IPv6; empty = it has none. */
export function hostLinkAddresses6(attachment: Attachment): readonly string[] {
  return hostLinkCidrs6(attachment).map(withoutPrefix);
}

function hostLinkCidrs({ cidr, formerCidr }: Attachment): readonly string[] {
  return [cidr, ...(formerCidr === null ? [] : [formerCidr])];
}

function hostLinkCidrs6({ cidr6, formerCidr }: Attachment): readonly string[] {
  if (cidr6 === null) return [];
  return [cidr6, ...(formerCidr === null ? [] : [embeddedCidr(EGRESS_SUBNET6, formerCidr)])];
}

/** Of the task's end of its link to the host. */
export function hostLinkMac({ mac, cidr }: Pick<Attachment, "mac" | "cidr">): string {
  return mac ?? macOf(cidr);
}

/** The host's end of the task's link. */
export function linkNameOf(attachment: Attachment): string {
  return taskLinkName(attachment.taskId, attachment.kind);
}

/** The link, to be made in the host's namespace, with its far end in the task's. */
export function taskLink(attachment: Attachment, gateway: string, mtu: number): NewLink {
  const peer = {
    name: attachment.interfaceName,
    mac: hostLinkMac(attachment),
    mtu,
    namespace: attachment.namespacePath,
  };
  return { kind: "veth", name: linkNameOf(attachment), mac: macOf(gateway), mtu, namespace: null, peer };
}

/**
 * What is done inside the task's namespace. The address shows its prefix length but makes no route: every packet goes
 * to the host, which routes it, so that neighbours on the same host and on others are reached in one way, and the
 * host's rules see everything. The gateway's MAC is the same on every host; no ARP is needed.
 */
export function insideChanges(attachment: Attachment, { ipv4, ipv6 }: Gateways): readonly NetworkChange[] {
  const device = attachment.interfaceName;
  // The MAC of the host's end, which follows from the gateway of IPv4.
  const mac = macOf(ipv4);
  const [cidrs, cidrs6] = [hostLinkCidrs(attachment), hostLinkCidrs6(attachment)];
  return [
    { kind: "setUp", device: "lo" },
    { kind: "setUp", device },
    ...placeChanges(device, cidrs, { address: ipv4, mac, leadsTo: "0.0.0.0/0" }),
    ...(ipv6 === null ? [] : placeChanges(device, cidrs6, { address: ipv6, mac, leadsTo: "::/0" })),
  ];
}

/** Where a task's packets go first: the host it runs on, whose addresses these are. */
export interface Gateways {
  readonly ipv4: string;
  /** null = the link carries no IPv6. */
  readonly ipv6: string | null;
}

/** Of one family. */
function placeChanges(
  device: string,
  cidrs: readonly string[],
  gateway: { readonly address: string; readonly mac: string; readonly leadsTo: string },
): readonly NetworkChange[] {
  const [first] = cidrs;
  if (first === undefined) return [];
  const { address, mac, leadsTo: destination } = gateway;
  const route = { kind: "unicast", device, protocol: BOOT_PROTOCOL } as const;
  const source = withoutPrefix(first);
  return [
    ...cidrs.map((cidr) => ({ kind: "addAddress", address: { device, cidr }, scope: "global" }) as const),
    { kind: "addNeighbour", neighbour: { device, address, mac } },
    { kind: "addRoute", route: { ...route, destination: address, via: null, source: null }, onlink: false },
    { kind: "addRoute", route: { ...route, destination, via: address, source }, onlink: false },
  ];
}

function withoutPrefix(cidr: string): string {
  return cidr.split("/")[0] ?? "";
}

/** For the file; the inverse of `parseAttachment`. */
export function formatAttachment(attachment: Attachment | BareAttachment): string {
  return `${JSON.stringify(attachment)}\n`;
}

/** @throws SwarmError internal when the text is not what `formatAttachment` wrote. */
export function parseAttachment(text: string): Attachment | BareAttachment {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (isBareAttachment(value)) return value;
  if (typeof value === "object" && value !== null) value = { ...EARLIER_RECORD, ...value };
  if (!isAttachment(value))
    throw new SwarmError("internal", `not a record of a task's network: ${JSON.stringify(text.slice(0, 80))}`);
  // Records of daemons before there were addresses of ports say nothing of them.
  const hostPorts = value.hostPorts.map((port) => ({
    ...port,
    hostIp: port.hostIp ?? "",
    localFirst: port.localFirst ?? false,
  }));
  return { ...value, hostPorts, cidr: canonicalCidr(value.cidr) };
}

/** What records of earlier daemons say nothing of. */
const EARLIER_RECORD = {
  interfaceName: interfaceAt(0),
  networks: [],
  formerCidr: null,
  cidr6: null,
  isBridged: false,
} as const;

/** The kernel takes any; these are what we make, and what can be read in a message. */
const PATH = /^\/[^\s\p{C}#"'\\]+$/u;
const PROTOCOLS: readonly unknown[] = ["TCP", "UDP", "SCTP"] satisfies PortConfig["protocol"][];
const PORT_MAX = 65_535;

function isBareAttachment(value: unknown): value is BareAttachment {
  if (typeof value !== "object" || value === null) return false;
  const { taskId, namespacePath, kind } = value as Record<string, unknown>;
  return kind === "none" && isOfTask(taskId, namespacePath);
}

function isOfTask(taskId: unknown, namespacePath: unknown): boolean {
  return (
    typeof taskId === "string" &&
    isContainerKey(taskId) &&
    typeof namespacePath === "string" &&
    PATH.test(namespacePath)
  );
}

function isAttachment(value: unknown): value is Attachment {
  if (typeof value !== "object" || value === null) return false;
  const { taskId, namespacePath, kind, cidr, cidr6, formerCidr, hostPorts, mac, interfaceName, networks, isBridged } =
    value as Record<string, unknown>;
  const isCidr = (text: unknown): boolean => typeof text === "string" && toCidr(text) !== null;
  return (
    isOfTask(taskId, namespacePath) &&
    isCidr(cidr) &&
    (cidr6 === null || (typeof cidr6 === "string" && toBlock(cidr6)?.family === 6)) &&
    (formerCidr === null || isCidr(formerCidr)) &&
    (kind === "ingress" || kind === "egress") &&
    Array.isArray(hostPorts) &&
    hostPorts.every(isPort) &&
    (mac === undefined || (typeof mac === "string" && isMacAddress(mac))) &&
    isInterfaceName(interfaceName) &&
    isAttachedNetworks(networks) &&
    typeof isBridged === "boolean"
  );
}

function isPort(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { protocol, targetPort, publishedPort, hostIp = "" } = value as Record<string, unknown>;
  const isNumber = (port: unknown): boolean => Number.isInteger(port) && Number(port) >= 0 && Number(port) <= PORT_MAX;
  return PROTOCOLS.includes(protocol) && isNumber(targetPort) && isNumber(publishedPort) && typeof hostIp === "string";
}
