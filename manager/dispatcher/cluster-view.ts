import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import type { Cluster, Node } from "../../shared/objects/types.ts";
import { believedRoots } from "../../shared/pki/root-trust.ts";
import type { ClusterView } from "../../shared/rpc/gen/dispatcher.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";

/** Enough that some of them live after any trouble, few enough that a large cluster's view stays small. */
export const GOSSIP_ADDRESSES_MAX = 32;

/** What all hosts know alike. */
type SharedView = Omit<ClusterView, "node">;

/** What it was made from, and over what that failed. */
interface Made {
  readonly nodes: readonly Node[];
  readonly cluster: Cluster;
  readonly members: string;
  readonly troubles: readonly Trouble[];
  readonly shared: SharedView;
}

/**
 * What each host must know of the cluster: its own object, and what it shares with all others. That is made once for
 * all of them, for it takes a look at every node; and most changes of nodes are no news to others.
 */
export class ClusterViews {
  readonly #memberAddresses: () => readonly string[];
  #made: Made | null = null;
  /** Something has changed in what is shared since all hosts were last told to look. */
  #isNews = false;

  constructor(memberAddresses: () => readonly string[]) {
    this.#memberAddresses = memberAddresses;
  }

  /** Of one node; null when it is not (any more) part of the cluster. */
  of(view: ReadView, nodeId: NodeId, troubles: Trouble[]): ClusterView | null {
    const node = view.get("node", nodeId);
    if (node === undefined) return null;
    const made = this.#make(view);
    troubles.push(...made.troubles);
    return { node, ...made.shared };
  }

  /** Whether all hosts should look again; until something changes once more, they need not. */
  takeNews(view: ReadView): boolean {
    this.#make(view);
    const isNews = this.#isNews;
    this.#isNews = false;
    return isNews;
  }

  #make(view: ReadView): Made {
    const [nodes, cluster, addresses] = [view.all("node"), view.cluster(), this.#memberAddresses()];
    const members = addresses.join();
    const before = this.#made;
    if (before?.nodes === nodes && before.cluster === cluster && before.members === members) return before;
    const troubles: Trouble[] = [];
    const shared = sharedView(nodes, cluster, addresses, troubles);
    // Whoever has looked in between has it already; the others are told.
    if (!isDeepStrictEqual(before?.shared, shared)) this.#isNews = true;
    this.#made = { nodes, cluster, members, troubles, shared };
    return this.#made;
  }
}

function sharedView(
  nodes: readonly Node[],
  { rootCa, gossipKeys, spec, era }: Cluster,
  memberAddresses: readonly string[],
  troubles: Trouble[],
): SharedView {
  // Members come from Raft, addresses in the store from the role loop; while one of them lags, both are worth a try.
  const addresses = new Set(memberAddresses);
  const places = nodes.flatMap((node) => isolate(troubles, `node ${node.id}`, () => [placeOf(node)], []));
  for (const { managerAddress } of places) if (managerAddress !== "") addresses.add(managerAddress);
  return {
    managers: [...addresses].sort(),
    rootCa: believedRoots(rootCa),
    certificateRoot: rootCa.rotation?.fingerprint ?? "",
    gossipKeys,
    gossipAddresses: gossipAddresses(places),
    heartbeatPeriodMs: spec.heartbeatPeriodMs,
    era,
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
