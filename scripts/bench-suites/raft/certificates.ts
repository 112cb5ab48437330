import { toTlsMaterial } from "../../../shared/pki/bootstrap.ts";
import { createCsr, createRootCa, signCertificate, verifyCsr } from "../../../shared/pki/issue.ts";
import { systemCrypto } from "../../../shared/pki/ports/crypto-engine.ts";
import type { TlsMaterial } from "../../../shared/pki/tls-credentials.ts";

const HOUR_MS = 3_600_000;

/** A certificate authority that is forgotten at once, and certificates of it: one for each name, all managers. */
export async function certificatesFor(clusterId: string, names: readonly string[]): Promise<readonly TlsMaterial[]> {
  const ca = await createRootCa(systemCrypto, Date.now());
  return await Promise.all(
    names.map(async (name) => {
      const { csr: pem, key } = await createCsr(systemCrypto);
      const verdict = await verifyCsr(systemCrypto, pem);
      if (verdict.kind !== "valid") throw new Error(verdict.message);
      const nodeId = name.padEnd(25, "0");
      const about = { csr: verdict.csr, nodeId, role: "MANAGER", roleGeneration: 0, clusterId } as const;
      const nowMs = Date.now();
      const certificate = await signCertificate(systemCrypto, ca, { ...about, nowMs, lifetimeMs: HOUR_MS });
      return toTlsMaterial({ nodeId, clusterId, role: "MANAGER", rootCa: ca.certificate, certificate, key });
    }),
  );
}
