import { isDeepStrictEqual } from "node:util";
import { SwarmError } from "../../shared/errors.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import { nodeRemovedError } from "../../shared/rpc/node-removed.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { judgeClaim } from "./data-path-claim.ts";

/** A host as it presents itself, and where from. */
export interface Presentation {
  readonly description: NodeDescription;
  /** The IP address it calls from. */
  readonly callerAddress: string;
}

/**
 * Writes what a host says about itself and that it is there; `address` is where it is shown to be.
 * @throws SwarmError permissionDenied when it was removed; alreadyExists when it claims what is another's.
 */
export function registerNode(tx: WriteTx, nodeId: NodeId, said: Presentation, address: string, wallMs: number): void {
  const node = mustGet(tx, nodeId);
  const { description } = said;
  takeClaim(tx, node, said);
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

/** Writes a changed description of a host in session. @throws SwarmError as `registerNode`. */
export function describeNode(tx: WriteTx, nodeId: NodeId, said: Presentation): void {
  const node = mustGet(tx, nodeId);
  takeClaim(tx, node, said);
  if (!isDeepStrictEqual(node.description, said.description))
    tx.update("node", { ...node, description: said.description });
}

/** Writes why a host has no session, for people who look at the node; one that has a session keeps its status. */
export function noteRefusal(tx: WriteTx, nodeId: NodeId, sentence: string): void {
  const node = tx.get("node", nodeId);
  if (node === undefined || node.status.state === "READY" || node.status.message === sentence) return;
  tx.update("node", { ...node, status: { ...node.status, message: sentence } });
}

/** @throws SwarmError alreadyExists when the host claims a data path address that it may not have. */
export function checkClaim(view: ReadView, nodeId: NodeId, said: Presentation): Node | null {
  const { dataPathAddress } = said.description;
  // Whoever has one is the only one who has it, so a host that returns costs no look at all the others.
  if (view.get("node", nodeId)?.description?.dataPathAddress === dataPathAddress) return null;
  const claim = judgeClaim(view.all("node"), nodeId, dataPathAddress, said.callerAddress);
  if (claim.kind === "refused") throw new SwarmError("alreadyExists", claim.sentence);
  return claim.from;
}

function takeClaim(tx: WriteTx, node: Node, said: Presentation): void {
  const from = checkClaim(tx, node.id, said);
  if (from?.description == null) return;
  tx.update("node", { ...from, description: { ...from.description, dataPathAddress: "" } });
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
