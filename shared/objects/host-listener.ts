import type { HostListener, NodeDescription, PortConfig } from "../rpc/gen/objects.ts";
import { hostIpMeets } from "./host-ip.ts";

const LOOPBACK = /^(?:127\.|::1$)/;

/**
 * A program that listens for others on a port that is to be published through the routing mesh. One that listens for
 * its own host alone is in nobody's way: the mesh leaves it that address.
 */
export function isInTheWay(listener: HostListener, port: PortConfig): boolean {
  return (
    listener.protocol === port.protocol &&
    listener.port === port.publishedPort &&
    !LOOPBACK.test(listener.address) &&
    hostIpMeets(port.hostIp, listener.address)
  );
}

/** `nginx (listening on 0.0.0.0)` */
export function listenerText({ program, address }: HostListener): string {
  return `${program === "" ? "a program" : program} (listening on ${address})`;
}

/** What to know of the ports of this host that are published and that a program listens on; one sentence each. */
export function clashTexts({
  hostname,
  listeners,
}: Pick<NodeDescription, "hostname" | "listeners">): readonly string[] {
  return listeners.flatMap((listener) => {
    const port = `port ${listener.port}/${listener.protocol.toLowerCase()}`;
    if (listener.clash === "NONE" || (listener.clash === "LEFT" && LOOPBACK.test(listener.address))) return [];
    return listener.clash === "LEFT"
      ? [`on ${hostname}, ${port} is left to ${listenerText(listener)}: the service does not answer there`]
      : [`on ${hostname}, ${port} is the service's: ${listenerText(listener)} gets nothing that is sent there`];
  });
}
