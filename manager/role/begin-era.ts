import type { Cluster } from "../../shared/objects/types.ts";
import type { Store } from "../store/store-types.ts";

/**
 * What the first leader of an era does before anything else: whoever managed the swarm before, and is no member of the
 * group any more, is a worker. If such a host comes back it finds that out as after any demotion, and goes on as one.
 * One transaction, of which the cluster object says that it was made.
 */
export async function beginEra(store: Store, era: number, selfId: string): Promise<void> {
  const clusterOf = (all: readonly Cluster[]): Cluster | undefined => all[0];
  const isDone = (cluster: Cluster | undefined): boolean => cluster === undefined || cluster.era >= era;
  if (isDone(clusterOf(store.view().all("cluster")))) return;
  await store.update("begin an era of the managers", (tx) => {
    const cluster = clusterOf(tx.all("cluster"));
    if (cluster === undefined || isDone(cluster)) return;
    tx.update("cluster", { ...cluster, era });
    for (const node of tx.all("node")) {
      if (node.id === selfId) {
        // It may have been about to be demoted; now there is nobody else.
        tx.update("node", { ...node, spec: { ...node.spec, desiredRole: "MANAGER" } });
      } else if (node.role === "MANAGER") {
        // The generation voids the certificates that it has (manager/ca/standing.ts).
        const roleGeneration = node.roleGeneration + 1;
        const spec = { ...node.spec, desiredRole: "WORKER" as const };
        tx.update("node", { ...node, spec, role: "WORKER", roleGeneration, managerStatus: null });
      }
    }
  });
}
