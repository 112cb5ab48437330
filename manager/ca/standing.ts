import { SwarmError } from "../../shared/errors.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { NodeRole } from "../../shared/rpc/gen/objects.ts";
import type { Change, ReadView } from "../store/store-types.ts";

/** What a certificate says about its node's role. */
export interface CertifiedRole {
  readonly role: NodeRole;
  readonly roleGeneration: number;
}

/**
 * The role in which the owner of a certificate may act, on a manager whose store holds `node` for it. A manager's
 * certificate counts only while certificate and store agree; the commit of a demotion voids it, long before it expires.
 *
 * A store can also be behind the certificate: a lagging follower has not heard of a promotion yet. If it refused the
 * new manager, the leader's death could leave that manager without a vote it needs. The generation tells the two cases
 * apart: the authority signs what is committed, so a number higher than ours is newer than our store, and a lower one
 * is outdated.
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
 * For the leader, before it lets a newcomer into the Raft group: a node that is being demoted but has not lost its role
 * yet would otherwise rejoin while it is being removed.
 * @throws SwarmError permissionDenied.
 */
export function refuseDemoted(view: ReadView, nodeId: string): void {
  if (view.get("node", nodeId)?.spec.desiredRole === "MANAGER") return;
  throw new SwarmError("permissionDenied", `node ${nodeId} is to be a worker: promote it before it joins the managers`);
}
