import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import { nodeRemovedError } from "../../shared/rpc/node-removed.ts";
import type { WriteTx } from "../store/store-types.ts";

/**
 * Writes what a host says about itself and that it is there. @throws SwarmError permissionDenied when it was removed.
 */
export function registerNode(
  tx: WriteTx,
  nodeId: NodeId,
  description: NodeDescription,
  address: string,
  wallMs: number,
): void {
  const node = mustGet(tx, nodeId);
  const isReady = node.status.state === "READY";
  const status: Node["status"] = {
    state: "READY",
    message: "",
    address,
    sinceMs: isReady ? node.status.sinceMs : wallMs,
    silentSinceMs: 0,
    finding: "",
  };
  if (isDeepStrictEqual(node.status, status) && isDeepStrictEqual(node.description, description)) return;
  tx.update("node", { ...node, description, status });
}

/** Writes a changed description of a host in session. */
export function describeNode(tx: WriteTx, nodeId: NodeId, description: NodeDescription): void {
  const node = mustGet(tx, nodeId);
  if (!isDeepStrictEqual(node.description, description)) tx.update("node", { ...node, description });
}

/** Writes that a host has left by its own wish: there is nothing to wait for. */
export function leaveNode(tx: WriteTx, nodeId: NodeId, wallMs: number): void {
  const node = tx.get("node", nodeId);
  if (node === undefined) return;
  tx.update("node", {
    ...node,
    status: { ...node.status, state: "DOWN", message: "the host left the swarm", sinceMs: wallMs },
  });
}

/** @throws SwarmError permissionDenied when the node is not part of the cluster. */
function mustGet(tx: WriteTx, nodeId: NodeId): Node {
  const node = tx.get("node", nodeId);
  if (node === undefined) throw nodeRemovedError(nodeId);
  return node;
}
