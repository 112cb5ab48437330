import { SwarmError } from "../../shared/errors.ts";
import { type NodeId, parseId } from "../../shared/ids.ts";
import type { CallContext } from "../../shared/rpc/handler.ts";
import { nodeRemovedError } from "../../shared/rpc/node-removed.ts";
import { hostOf } from "../caller-host.ts";
import type { ReadView } from "../store/store-types.ts";

/** A host in session, as its certificate and its connection prove. */
export interface CallingNode {
  readonly nodeId: NodeId;
  /** The IP address it calls from. */
  readonly address: string;
}

/**
 * The node that calls.
 * @throws SwarmError permissionDenied: not a node of this cluster, or removed from it.
 */
export function takeCallingNode(view: ReadView, context: CallContext): CallingNode {
  const { caller } = context;
  if (caller.kind !== "node") {
    throw new SwarmError("permissionDenied", "only a node of the swarm, with its certificate, may open a session");
  }
  if (context.forwardedBy !== null) {
    throw new SwarmError("permissionDenied", "a session is opened with the leader itself, not through another manager");
  }
  const clusterId = view.cluster().id;
  if (caller.clusterId !== clusterId) {
    throw new SwarmError(
      "permissionDenied",
      `node ${caller.nodeId} has a certificate of another swarm (${caller.clusterId}, this one is ${clusterId})`,
    );
  }
  const nodeId = parseId<NodeId>(caller.nodeId, "node");
  if (view.get("node", nodeId) === undefined) throw nodeRemovedError(nodeId);
  return { nodeId, address: hostOf(caller.address) };
}

/** Whether other hosts cannot use it. */
export function isLoopback(host: string): boolean {
  return host === "" || host === "::1" || host === "localhost" || host.startsWith("127.");
}
