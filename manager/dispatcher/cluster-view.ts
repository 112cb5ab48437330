import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import type { DeepReadonly } from "../../shared/objects/types.ts";
import type { ClusterView__Output } from "../../shared/rpc/gen/swarm/v1/ClusterView.ts";
import type { ReadView } from "../store/store-types.ts";

export type ClusterView = DeepReadonly<ClusterView__Output>;

/** What a node must know of the cluster; null when it is not (any more) part of it. */
export function clusterViewOf(view: ReadView, nodeId: NodeId, memberAddresses: readonly string[]): ClusterView | null {
  const node = view.get("node", nodeId);
  if (node === undefined) return null;
  // Members come from Raft, addresses in the store from the role loop; while one of them lags, both are worth a try.
  const addresses = new Set(memberAddresses);
  for (const { managerStatus } of view.all("node")) {
    if (managerStatus !== null && managerStatus.address !== "") addresses.add(managerStatus.address);
  }
  return { node, managers: [...addresses].sort(), rootCa: view.cluster().rootCa.caCert };
}

/** Whether the node learns nothing from `b` after `a`: its own status and versions are no news to it. */
export function isSameClusterView(a: ClusterView, b: ClusterView): boolean {
  return isDeepStrictEqual(essence(a), essence(b));
}

function essence(view: ClusterView): unknown {
  return { ...view, node: { ...view.node, meta: null, status: null, description: null } };
}
