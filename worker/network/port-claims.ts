/** Who has a port of this host that is published through the routing mesh and that a program listens on as well. */
import { hostIpMeets } from "../../shared/objects/host-ip.ts";
import type { Listener } from "../netlink/listeners.ts";
import type { PortKey } from "./host-ports.ts";

/**
 * Whoever was first keeps it, as with any two programs. So a host that joins with a program on a published port does
 * not lose it without a word (least of all its way in by SSH), and a service does not lose its clients to whatever
 * begins to listen later, which on most ports any user of the host may do.
 */
export interface PortClaims {
  /** All ports of the mesh at the last look. */
  readonly published: MeshPorts;
  /** Those of them that were left to programs. */
  readonly left: ReadonlySet<PortKey>;
}

/** Ports of the routing mesh, each with the addresses of hosts that it is published on ("" = all). */
export type MeshPorts = ReadonlyMap<PortKey, readonly string[]>;

export const NO_CLAIMS: PortClaims = { published: new Map(), left: new Set() };

/** The addresses, for each port that is left to programs, at which they listen. */
export type LeftPorts = ReadonlyMap<PortKey, readonly string[]>;

/** Who has which port now. One that was left goes to the mesh when nobody listens on it any more. */
export function claimPorts(published: MeshPorts, before: PortClaims, listeners: readonly Listener[]): PortClaims {
  const held = new Set(listeners.filter((listener) => isPublished(listener, published)).map(listenerKey));
  const left = [...published.keys()].filter(
    (key) => held.has(key) && (before.left.has(key) || !before.published.has(key)),
  );
  return { published, left: new Set(left) };
}

export function leftPorts({ left }: PortClaims, listeners: readonly Listener[]): LeftPorts {
  const ports = new Map<PortKey, string[]>();
  for (const listener of listeners) {
    const key = listenerKey(listener);
    if (left.has(key)) ports.set(key, [...(ports.get(key) ?? []), listener.address].sort());
  }
  return ports;
}

/** Whether a packet may be meant both for the program and for the service. */
export function isPublished(listener: Listener, published: MeshPorts): boolean {
  const hostIps = published.get(listenerKey(listener)) ?? [];
  return hostIps.some((hostIp) => hostIpMeets(hostIp, listener.address));
}

export function listenerKey({ protocol, port }: Listener): PortKey {
  return `${protocol}/${port}`;
}

/** Whether a program that listens there takes what comes to any address of the family; on `::`, of both. */
export function isEveryAddressOf(family: "ipv4" | "ipv6", address: string): boolean {
  return address === "::" || (family === "ipv4" && address === "0.0.0.0");
}

/** The claims in words for a file; `parseClaims` reads them. */
export function formatClaims({ left }: PortClaims): string {
  return `${JSON.stringify({ left: [...left].sort() })}\n`;
}

/**
 * What an earlier daemon left on this boot of the host, whose rules the kernel still has: every port of the mesh was
 * the mesh's but for those. null = nothing that can be understood, as after a boot: then programs were first.
 */
export function parseClaims(text: string | null, published: MeshPorts): PortClaims | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    const left: unknown = (value as { readonly left?: unknown } | null)?.left;
    if (!Array.isArray(left)) return null;
    return { published, left: new Set(left.filter((key) => typeof key === "string")) };
  } catch {
    return null;
  }
}
