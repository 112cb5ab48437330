import type { NetworkTable } from "../ports/host-network.ts";

/**
 * The tables without the endpoints of hosts that are gone: nothing is sent to them, by whatever is made from endpoints.
 * The hosts themselves stay, so that their tunnels are there when they return. Only what the kernel gets is so filtered;
 * what is stored and acknowledged is the leader's word.
 */
export function liveTables(tables: Iterable<NetworkTable>, gone: ReadonlySet<string>): readonly NetworkTable[] {
  return [...tables].map((table) => {
    const endpoints = table.endpoints.filter(({ nodeId }) => !gone.has(nodeId));
    return endpoints.length === table.endpoints.length ? table : { ...table, endpoints };
  });
}
