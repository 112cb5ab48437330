import { X509Certificate } from "node:crypto";
import type { RootCa } from "../rpc/gen/objects.ts";
import type { KeyedCertificate } from "./issue.ts";
import { parseCertificates } from "./node-certificate.ts";

/** PEM of all roots that are trusted now. */
export function believedRoots({ caCert, rotation }: RootCa): string {
  return rotation === null ? caCert : `${caCert.trim()}\n${rotation.caCert.trim()}\n`;
}

/**
 * The root that signs now, and what its certificates need to be accepted where only the old root is known; "" =
 * nothing.
 */
export function signingRoot({ caCert, caKey, rotation }: RootCa): KeyedCertificate & { readonly chain: string } {
  if (rotation === null) return { certificate: caCert, key: caKey, chain: "" };
  return { certificate: rotation.caCert, key: rotation.caKey, chain: rotation.crossSignedCert };
}

/** SHA-256 fingerprint of the first certificate in `pem`. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

/** Fingerprint of the root among `rootsPem` that signed a node's certificate; "" when none of them did. */
export function rootOf(certificatePem: string, rootsPem: string): string {
  const [certificate] = parseCertificates(certificatePem, "the node certificate");
  const root = parseCertificates(rootsPem, "the root certificates").find(
    (each) => certificate?.checkIssued(each) === true && certificate.verify(each.publicKey),
  );
  return root?.fingerprint256 ?? "";
}
