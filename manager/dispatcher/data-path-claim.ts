import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import { isLoopback } from "./caller.ts";

/** What becomes of a host's word where its overlay traffic goes. */
export type Claim =
  /** `from` is a node that has the address no more; null = nobody had it. */
  { readonly kind: "granted"; readonly from: Node | null } | { readonly kind: "refused"; readonly sentence: string };

/**
 * Whether a node may have a data path address. All other hosts send there what is meant for the node's tasks, and
 * believe what comes from there: so an address is one node's, and a worker that was taken over cannot claim another's.
 *
 * | who has it                    | the claimer calls from           | answer                      |
 * |-------------------------------|----------------------------------|-----------------------------|
 * | nobody, or the claimer itself | anywhere                         | granted                     |
 * | a node that is not down       | anywhere                         | refused: it keeps it        |
 * | a node that is down           | that address, or that node's own | granted, taken from it      |
 * | a node that is down           | elsewhere                        | refused until it is removed |
 *
 * The third row is a host that was set up anew: it is where the old node was, as its connection proves. A host whose
 * address was given to another one says its new address when it comes back; if it says the old one, it is refused.
 * Loopback is every host's own.
 */
export function judgeClaim(nodes: readonly Node[], nodeId: NodeId, claimed: string, callerAddress: string): Claim {
  const owner = nodes.find(({ id, description }) => id !== nodeId && description?.dataPathAddress === claimed);
  if (claimed === "" || isLoopback(claimed) || owner === undefined) return { kind: "granted", from: null };
  const { hostname } = owner.description ?? { hostname: "" };
  const whose = `data path address ${claimed} is that of node ${hostname} (${owner.id})`;
  if (owner.status.state !== "DOWN") {
    const wait = "if this is its host, set up anew, it may have it once that node is down or removed";
    const sentence = `${whose}: ${wait}; otherwise give this one an address of its own (swarmd --data-path-addr)`;
    return { kind: "refused", sentence };
  }
  if (callerAddress === claimed || callerAddress === owner.status.address) return { kind: "granted", from: owner };
  const sentence = `${whose}, which is down: if its host is gone for good, remove it (swarmctl node rm ${owner.id})`;
  return { kind: "refused", sentence };
}
