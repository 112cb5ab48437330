import { X509Certificate } from "node:crypto";
import { subjectOf } from "../pki/issue.ts";
import { fingerprintOf } from "../pki/root-trust.ts";
import type { Cluster } from "../rpc/gen/objects.ts";
import type { DockerJson } from "./common.ts";

/**
 * A root certificate as Docker shows it beside what trusts it. During a rotation there are two.
 * @param fingerprint of the root that is meant; "" or an unknown one = the one that signs now.
 */
export function tlsInfoOf(cluster: Cluster | null, fingerprint = ""): DockerJson {
  const root = cluster?.rootCa ?? null;
  if (root === null || root.caCert === "") return {};
  const next = root.rotation?.caCert ?? root.caCert;
  const isOld = fingerprint !== "" && fingerprint === fingerprintOf(root.caCert);
  const pem = isOld ? root.caCert : next;
  const certificate = new X509Certificate(pem);
  return {
    TrustRoot: pem,
    CertIssuerSubject: subjectOf(pem).toString("base64"),
    CertIssuerPublicKey: certificate.publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
}
