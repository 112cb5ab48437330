import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

interface Known {
  readonly gone: ReadonlySet<string>;
  readonly isCurrent: boolean;
  readonly live: NetworkTable;
}

/**
 * The tables without what leads to hosts that are gone. On ingress their endpoints are left out, so that nothing is
 * sent to them. On other networks they get nothing new, by virtual address or name, but stay within reach: a connection
 * outlives a cut that ends soon, where it would be reset for want of an endpoint. The hosts themselves stay, so that
 * their tunnels are ready when they return. Only what the kernel gets is filtered in this way; what is stored
 * and acknowledged is what the leader sent. If a table is still the same object and the same part of it is left, the
 * result is the same object as well.
 */
export class LiveTables {
  readonly #known = new WeakMap<NetworkTable, Known>();

  /**
   * `isCurrent`: the tables come from a leader that is in session with this host; a host that the leader hears is
   * there, even if a firewall blocks gossip to it.
   */
  of(tables: Iterable<NetworkTable>, gone: ReadonlySet<string>, isCurrent: boolean): readonly NetworkTable[] {
    if (gone.size === 0) return [...tables];
    return [...tables].map((table) => {
      const known = this.#known.get(table);
      if (known?.gone === gone && known.isCurrent === isCurrent) return known.live;
      const live = liveTable(table, gone, isCurrent);
      this.#known.set(table, { gone, isCurrent, live });
      return live;
    });
  }
}

function liveTable(table: NetworkTable, gone: ReadonlySet<string>, isCurrent: boolean): NetworkTable {
  const lost = new Set(gone);
  if (isCurrent) for (const { nodeId, heard } of table.hosts) if (heard) lost.delete(nodeId);
  if (!table.endpoints.some(({ nodeId }) => lost.has(nodeId))) return table;
  const isIngress = table.network?.spec?.ingress === true;
  const endpoints = table.endpoints.flatMap((endpoint): (typeof endpoint)[] => {
    if (!lost.has(endpoint.nodeId)) return [endpoint];
    return isIngress ? [] : [{ ...endpoint, state: "DRAINING" }];
  });
  return { ...table, endpoints };
}
