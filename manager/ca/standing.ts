import { SwarmError } from "../../shared/errors.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { NodeRole } from "../../shared/rpc/gen/objects.ts";
import type { Change, ReadView } from "../store/store-types.ts";

/** What a certificate says of its node's role. */
export interface CertifiedRole {
  readonly role: NodeRole;
  readonly roleGeneration: number;
}

/**
 * What the owner of a certificate may act as, on a manager whose store has `node` of it. A manager's certificate is one
 * only while certificate and store agree; a demotion voids it with its commit, long before it expires.
 *
 * A store can also be behind the certificate: a follower that lags has not heard of a promotion yet. Were it refused
 * there, a leader's death would leave the new manager without a vote it needs. The generation tells the two apart: the
 * authority signs what is committed, so a higher number than ours is news, and a lower one is history.
 */
export function actingRole(certificate: CertifiedRole, node: Node | undefined): NodeRole {
  if (certificate.role === "WORKER") return "WORKER";
  if (node === undefined || certificate.roleGeneration > node.roleGeneration) return "MANAGER";
  return certificate.roleGeneration === node.roleGeneration ? node.role : "WORKER";
}

/** Whether a commit may change the answer to who is a manager, or who is a node at all. */
export function changesStanding(change: Change): boolean {
  if (change.kind !== "node") return false;
  return change.action === "remove" || change.object.roleGeneration !== change.old?.roleGeneration;
}

/**
 * For the leader, before it lets a newcomer into the Raft group: one that is to be a worker, but has not lost its role
 * yet, would come back in through the front door while it is led out at the back.
 * @throws SwarmError permissionDenied.
 */
export function refuseDemoted(view: ReadView, nodeId: string): void {
  if (view.get("node", nodeId)?.spec.desiredRole === "MANAGER") return;
  throw new SwarmError("permissionDenied", `node ${nodeId} is to be a worker: promote it before it joins the managers`);
}
