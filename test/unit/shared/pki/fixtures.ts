import type { NodeIdentity } from "../../../../shared/pki/bootstrap.ts";
import {
  createCsr,
  createRootCa,
  type KeyedCertificate,
  signCertificate,
  verifyCsr,
} from "../../../../shared/pki/issue.ts";
import { systemCrypto } from "../../../../shared/pki/ports/crypto-engine.ts";
import type { NodeRole } from "../../../../shared/rpc/gen/objects.ts";

export const CLUSTER_ID = "c".repeat(25);
const HOUR_MS = 3_600_000;

export function createTestCa(): Promise<KeyedCertificate> {
  return createRootCa(systemCrypto, Date.now());
}

/** A node's identity under `ca`; `issuedMs` in the past with a short lifetime makes an expired one. */
export async function createTestIdentity(
  ca: KeyedCertificate,
  about: {
    nodeId?: string;
    role?: NodeRole;
    clusterId?: string;
    roleGeneration?: number;
    issuedMs?: number;
    lifetimeMs?: number;
  } = {},
): Promise<NodeIdentity> {
  const { nodeId = "n".repeat(25), role = "WORKER", clusterId = CLUSTER_ID } = about;
  const { csr: pem, key } = await createCsr(systemCrypto);
  const verdict = await verifyCsr(systemCrypto, pem);
  if (verdict.kind !== "valid") throw new Error(verdict.message);
  const certificate = await signCertificate(systemCrypto, ca, {
    csr: verdict.csr,
    nodeId,
    role,
    clusterId,
    roleGeneration: about.roleGeneration ?? 0,
    nowMs: about.issuedMs ?? Date.now(),
    lifetimeMs: about.lifetimeMs ?? HOUR_MS,
  });
  return { nodeId, clusterId, role, rootCa: ca.certificate, certificate, key };
}
