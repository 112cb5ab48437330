import { canonicalHostIp } from "../../../shared/objects/host-ip.ts";
import type { PortConfig } from "../../../shared/rpc/gen/objects.ts";
import type { Reading } from "./field-row.ts";

const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;
const MODES = { ingress: "INGRESS", host: "HOST" } as const;

/** By published port, as Docker sorts them: the order in a file means nothing. */
export function portsOf({ service, notes, path }: Reading): readonly PortConfig[] {
  const at = [...path, "ports"];
  const ports = service.ports.flatMap(({ target, published, hostIp, protocol, mode }): readonly PortConfig[] => {
    const canonical = canonicalHostIp(hostIp ?? "");
    if (canonical === null) {
      notes.wrong(at, `invalid address "${hostIp}" of port ${target}: expected one such as 192.168.0.10`);
      return [];
    }
    if (published !== null && published.from !== published.to) {
      notes.unsupported(
        at,
        `port ${target} on one of ${published.from}-${published.to} is not supported: give one number, or none`,
      );
      return [];
    }
    return [
      {
        targetPort: target,
        publishedPort: published?.from ?? 0,
        protocol: PROTOCOLS[protocol],
        publishMode: MODES[mode],
        hostIp: canonical,
        localFirst: false,
      },
    ];
  });
  return ports.toSorted((a, b) => a.publishedPort - b.publishedPort);
}
