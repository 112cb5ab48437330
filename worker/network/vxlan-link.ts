/** The VXLAN device of a network: of ingress in the host's namespace, of others each in its own. */
export interface VxlanLink {
  readonly kind: "vxlan";
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly vni: number;
  readonly port: number;
  /** Source of outer packets; null = the kernel chooses, because this host does not have that address itself. */
  readonly local: string | null;
}

/** Bytes that VXLAN puts around a packet: Ethernet, IP, UDP and its own header. */
const OVERHEAD = { ipv4: 50, ipv6: 70 } as const;

/** The largest packet inside the overlay, by that of the link that carries it and the address its packets come from. */
export function overlayMtu(linkMtu: number, dataPathAddress: string): number {
  return linkMtu - (dataPathAddress.includes(":") ? OVERHEAD.ipv6 : OVERHEAD.ipv4);
}
