import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import { believedRoots } from "../../shared/pki/root-trust.ts";
import type { ClusterView } from "../../shared/rpc/gen/dispatcher.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";

/** Enough that some of them live after any trouble, few enough that a large cluster's view stays small. */
export const GOSSIP_ADDRESSES_MAX = 32;

/** What a node must know of the cluster; null when it is not (any more) part of it. */
export function clusterViewOf(
  view: ReadView,
  nodeId: NodeId,
  memberAddresses: readonly string[],
  troubles: Trouble[],
): ClusterView | null {
  const node = view.get("node", nodeId);
  if (node === undefined) return null;
  // Members come from Raft, addresses in the store from the role loop; while one of them lags, both are worth a try.
  const addresses = new Set(memberAddresses);
  const others = view.all("node").flatMap((other) => isolate(troubles, `node ${other.id}`, () => [placeOf(other)], []));
  for (const { managerAddress } of others) if (managerAddress !== "") addresses.add(managerAddress);
  const { rootCa, gossipKeys, spec } = view.cluster();
  return {
    node,
    managers: [...addresses].sort(),
    rootCa: believedRoots(rootCa),
    certificateRoot: rootCa.rotation?.fingerprint ?? "",
    gossipKeys,
    gossipAddresses: gossipAddresses(others),
    heartbeatPeriodMs: spec.heartbeatPeriodMs,
  };
}

/**
 * Where a host's gossip is to be found: the address its session came from, else where its peers send; "" = not known
 * yet.
 */
export function gossipAddressOf({ status, description }: Node): string {
  return status.address || (description?.dataPathAddress ?? "");
}

/** Where a node is found, read once so that one that cannot be read is merely left out. */
interface Place extends Pick<Node, "id" | "role"> {
  readonly managerAddress: string;
  readonly gossipAddress: string;
}

function placeOf(node: Node): Place {
  const { id, role, managerStatus } = node;
  return { id, role, managerAddress: managerStatus?.address ?? "", gossipAddress: gossipAddressOf(node) };
}

/** Some of all hosts, the same for everybody and whatever their state: an address that is dead now may live again. */
function gossipAddresses(places: readonly Place[]): readonly string[] {
  const isWorker = ({ role }: Place): number => (role === "MANAGER" ? 0 : 1);
  const inOrder = [...places].sort((a, b) => isWorker(a) - isWorker(b) || (a.id < b.id ? -1 : 1));
  const addresses = inOrder.map(({ gossipAddress }) => gossipAddress).filter((address) => address !== "");
  return [...new Set(addresses)].slice(0, GOSSIP_ADDRESSES_MAX).sort();
}

/** Whether the node learns nothing from `b` after `a`: its own status and versions are no news to it. */
export function isSameClusterView(a: ClusterView, b: ClusterView): boolean {
  return isDeepStrictEqual(essence(a), essence(b));
}

function essence(view: ClusterView): unknown {
  return { ...view, node: { ...view.node, meta: null, status: null, description: null } };
}
