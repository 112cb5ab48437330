import { SwarmError } from "../errors.ts";
import type { Cluster } from "../objects/types.ts";
import type { WallMs } from "../ports/clock.ts";
import type { Caller } from "../rpc/handler.ts";
import { nodeRemovedError } from "../rpc/node-removed.ts";
import { NODE_CERT_LIFETIME_MS } from "./issue.ts";

/** A revoked name is kept this long after its certificate ends, for hosts whose clocks run behind. */
const KEEP_AFTER_EXPIRY_MS = 7 * 24 * 3_600_000;

/**
 * The cluster object with a node's certificate revoked (for `node rm`), and without entries that are no longer needed.
 * A certificate's expiry is not stored anywhere, so the longest possible life is assumed: if the name were forgotten
 * earlier, a follower would take its owner for a node that it has not heard of yet.
 */
export function revokeNode(cluster: Cluster, nodeId: string, nowMs: WallMs): Cluster {
  const revokedCertificates: Record<string, { expiresAtMs: number }> = {};
  for (const [name, entry] of Object.entries(cluster.revokedCertificates)) {
    if (entry.expiresAtMs > nowMs) revokedCertificates[name] = entry;
  }
  revokedCertificates[nodeId] = { expiresAtMs: nowMs + longestCertExpiryMs(cluster) + KEEP_AFTER_EXPIRY_MS };
  return { ...cluster, revokedCertificates };
}

/**
 * The longest life that a certificate of the cluster can have, in milliseconds, including certificates from before the
 * setting was lowered. Every cluster starts with the default, and clusters made by an earlier swarmd have not recorded
 * it.
 */
export function longestCertExpiryMs({ spec, longestCertExpiryMs: known }: Cluster): number {
  return Math.max(NODE_CERT_LIFETIME_MS, spec.nodeCertExpiryMs, known);
}

/** For RpcServer's `admit`: @throws SwarmError permissionDenied when the caller was removed from this cluster. */
export function refuseRevoked(cluster: Cluster, caller: Caller): void {
  if (caller.kind !== "node") return;
  if (caller.clusterId !== cluster.id) {
    throw new SwarmError("unauthenticated", `node ${caller.nodeId} is of another swarm (${caller.clusterId})`);
  }
  if (Object.hasOwn(cluster.revokedCertificates, caller.nodeId)) throw nodeRemovedError(caller.nodeId);
}
