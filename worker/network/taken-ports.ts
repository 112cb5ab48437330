import { canonicalHostIp } from "../../shared/objects/host-ip.ts";
import type { Listener } from "../netlink/listeners.ts";
import type { TakenPort } from "./host-ports.ts";
import type { Ingress } from "./ingress.ts";
import { listenerKey } from "./port-claims.ts";
import { publishedPorts } from "./published-ports.ts";
import { FAMILIES } from "./user-network/network-view.ts";

/** Every port of this host that leads somewhere, with who has it. `bound` = by its tasks. */
export function takenPorts(
  ingress: Ingress | null,
  listeners: readonly Listener[],
  bound: readonly TakenPort[],
): readonly TakenPort[] {
  const published = FAMILIES.flatMap((family) => publishedPorts(ingress, [], undefined, family));
  return [
    ...listeners.map((listener) => ({
      key: listenerKey(listener),
      hostIp: canonicalHostIp(listener.address) ?? "",
      by: "another program",
    })),
    ...published.map(({ protocol, port, hostIp }) => ({
      key: `${protocol}/${port}`,
      hostIp,
      by: "the routing mesh",
    })),
    ...bound,
  ];
}
