// Must come before @peculiar/x509, whose container asks for it while loading.
import type { NodeRole } from "../rpc/gen/objects.ts";
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { WallMs } from "../ports/clock.ts";
import { BACKDATE_MS } from "./backdate.ts";
import { ROLE_UNITS } from "./node-certificate.ts";
import { type CryptoEngine, KEY_ALGORITHM } from "./ports/crypto-engine.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Default lifetime of node certificates; ClusterSpec.node_cert_expiry_ms. */
export const NODE_CERT_LIFETIME_MS = 90 * DAY_MS;
/** The root outlives the cluster; it can be rotated, but nobody should be forced to. */
const ROOT_LIFETIME_MS = 20 * 365 * DAY_MS;
const ROOT_NAME = "swarm-ca";
/**
 * X.520's attribute that tells entries of one name apart: here, the certificates of a node from before and after a
 * change of role.
 */
const SERIAL_NUMBER = "2.5.4.5";

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** A self-signed root: ECDSA P-256, CN swarm-ca, 20 years. */
export async function createRootCa(engine: CryptoEngine, nowMs: WallMs): Promise<KeyedCertificate> {
  const keys = await engine.generateKeyPair();
  const root = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [ROOT_NAME] }],
      keys,
      notBefore: new Date(nowMs - BACKDATE_MS),
      notAfter: new Date(nowMs + ROOT_LIFETIME_MS),
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 1, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, engine.webcrypto),
      ],
    },
    engine.webcrypto,
  );
  return { certificate: `${root.toString("pem")}\n`, key: await engine.exportKey(keys.privateKey) };
}

/**
 * A fresh key and a request for a certificate over it. The request says nothing else: the authority decides the rest.
 */
export async function createCsr(engine: CryptoEngine): Promise<{ readonly csr: string; readonly key: string }> {
  const keys = await engine.generateKeyPair();
  const csr = await Pkcs10CertificateRequestGenerator.create(
    { name: [{ CN: ["swarm-node"] }], keys, signingAlgorithm: KEY_ALGORITHM },
    engine.webcrypto,
  );
  return { csr: `${csr.toString("pem")}\n`, key: await engine.exportKey(keys.privateKey) };
}

export type CsrVerdict =
  | { readonly kind: "valid"; readonly csr: Pkcs10CertificateRequest }
  | { readonly kind: "malformed"; readonly message: string };

/** Accepts a request whose sender owns the key in it, and whose key is of the one kind we use. */
export async function verifyCsr(engine: CryptoEngine, pem: string): Promise<CsrVerdict> {
  try {
    const csr = new Pkcs10CertificateRequest(pem);
    const algorithm = csr.publicKey.algorithm as { readonly name: string; readonly namedCurve?: string };
    if (algorithm.name !== KEY_ALGORITHM.name || algorithm.namedCurve !== KEY_ALGORITHM.namedCurve) {
      return { kind: "malformed", message: "the certificate request's key is not ECDSA P-256" };
    }
    if (await csr.verify(engine.webcrypto)) return { kind: "valid", csr };
    return { kind: "malformed", message: "the certificate request is not signed by its own key" };
  } catch {
    return { kind: "malformed", message: "the certificate request is not PKCS#10 in PEM" };
  }
}

/** What a node certificate shall say. */
export interface NodeCertificateRequest {
  readonly csr: Pkcs10CertificateRequest;
  readonly nodeId: string;
  readonly role: NodeRole;
  readonly clusterId: string;
  /** `Node.role_generation`. */
  readonly roleGeneration: number;
  readonly nowMs: WallMs;
  readonly lifetimeMs: number;
}

/** A node certificate in PEM, signed by `ca`; it never outlives its issuer. Only the request's public key is used. */
export async function signCertificate(
  engine: CryptoEngine,
  ca: KeyedCertificate,
  request: NodeCertificateRequest,
): Promise<string> {
  const issuer = new X509Certificate(ca.certificate);
  const unit = ROLE_UNITS[request.role];
  const subject: JsonName = [
    { CN: [request.nodeId] },
    { OU: [unit] },
    { O: [request.clusterId] },
    { [SERIAL_NUMBER]: [String(request.roleGeneration)] },
  ];
  const names = request.role === "MANAGER" ? [unit, request.nodeId, ROOT_NAME] : [unit, request.nodeId];
  const certificate = await X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer.subjectName.toJSON(),
      publicKey: request.csr.publicKey,
      signingKey: await engine.importKey(ca.key),
      notBefore: new Date(request.nowMs - BACKDATE_MS),
      notAfter: new Date(Math.min(request.nowMs + request.lifetimeMs, issuer.notAfter.getTime())),
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
        await SubjectKeyIdentifierExtension.create(request.csr.publicKey, false, engine.webcrypto),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, engine.webcrypto),
      ],
    },
    engine.webcrypto,
  );
  return `${certificate.toString("pem")}\n`;
}
