import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

/**
 * The tables without the endpoints of hosts that are gone: nothing is sent to them, by whatever is made from endpoints.
 * The hosts themselves stay, so that their tunnels are there when they return. Only what the kernel gets is so
 * filtered; what is stored and acknowledged is the leader's word. `isCurrent`: the tables come from a leader that is in
 * session with this host; whom it hears is there, even where a firewall keeps gossip from both.
 */
export function liveTables(
  tables: Iterable<NetworkTable>,
  gone: ReadonlySet<string>,
  isCurrent: boolean,
): readonly NetworkTable[] {
  return [...tables].map((table) => {
    const heard = isCurrent ? new Set(table.hosts.filter((host) => host.heard).map(({ nodeId }) => nodeId)) : null;
    const endpoints = table.endpoints.filter(({ nodeId }) => !gone.has(nodeId) || heard?.has(nodeId) === true);
    return endpoints.length === table.endpoints.length ? table : { ...table, endpoints };
  });
}
