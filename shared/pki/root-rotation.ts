import { SwarmError } from "../errors.ts";
import type { Cluster, Node } from "../objects/types.ts";
import type { WallMs } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { RootRotation } from "../rpc/gen/objects.ts";
import { createRootCa, crossSign, type KeyedCertificate, verifyRootCa } from "./issue.ts";
import { createJoinTokens } from "./join-token.ts";
import type { CryptoEngine } from "./ports/crypto-engine.ts";
import { fingerprintOf } from "./root-trust.ts";

/**
 * Replacing the root, after its key may be known to others:
 *
 *     begin:  a new root, cross-signed by the old one; both are trusted, only the new one signs; new join secrets
 *     until every node has shown a certificate of the new root (a node that is away is waited for, or removed)
 *     finish: the old root is no longer trusted; join tokens carry the new one's digest
 */

/** What a rotation needs, made before the transaction that begins it. @throws SwarmError invalidArgument. */
export async function prepareRotation(
  engine: CryptoEngine,
  { rootCa }: Cluster,
  given: KeyedCertificate | null,
  nowMs: WallMs,
): Promise<RootRotation> {
  const next = given ?? (await createRootCa(engine, nowMs, { isSuccessor: true }));
  const verdict = await verifyRootCa(engine, next, nowMs);
  if (verdict.kind === "unusable") throw new SwarmError("invalidArgument", `unusable root: ${verdict.message}`);
  const { certificate: caCert, key: caKey } = verdict.root;
  const fingerprint = fingerprintOf(caCert);
  if (fingerprint === fingerprintOf(rootCa.caCert)) {
    throw new SwarmError("invalidArgument", "unusable root: it is the one the swarm already has");
  }
  const old = { certificate: rootCa.caCert, key: rootCa.caKey };
  const crossSignedCert = await crossSign(engine, old, caCert);
  return { caCert, caKey, crossSignedCert, fingerprint, startedAtMs: nowMs };
}

/** @throws SwarmError failedPrecondition while another rotation is under way, aborted when the root just changed. */
export function beginRotation(before: Cluster, now: Cluster, rotation: RootRotation, random: Random): Cluster {
  if (now.rootCa.rotation !== null) {
    throw new SwarmError(
      "failedPrecondition",
      "the root is already being replaced: this ends when every node has renewed its certificate; remove the nodes that " +
        "do not come back (`swarmctl node rm --force`)",
    );
  }
  if (now.rootCa.caCert !== before.rootCa.caCert) throw new SwarmError("aborted", "the root has just been replaced");
  // Whoever knows the root's key may know the secrets as well.
  const joinTokens = createJoinTokens(now.rootCa.caCert, random);
  return { ...now, rootCa: { ...now.rootCa, joinTokens, rotation } };
}

/** Nodes that have not shown a certificate of the new root. */
export function outstandingNodes(nodes: readonly Node[], rotation: RootRotation): readonly Node[] {
  return nodes.filter(({ certificateRoot }) => certificateRoot !== rotation.fingerprint);
}

/** The cluster with the new root alone; unchanged if there is no rotation. */
export function finishRotation(cluster: Cluster, random: Random): Cluster {
  const { rotation } = cluster.rootCa;
  if (rotation === null) return cluster;
  const { caCert, caKey } = rotation;
  return { ...cluster, rootCa: { caCert, caKey, joinTokens: createJoinTokens(caCert, random), rotation: null } };
}
