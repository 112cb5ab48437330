// Must be imported before @peculiar/x509, whose container needs it while loading.
import { createPrivateKey, X509Certificate as NodeX509Certificate } from "node:crypto";
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
/** The root should outlive the cluster; it can be rotated, but no one should be forced to. */
const ROOT_LIFETIME_MS = 20 * 365 * DAY_MS;
/** A root that somebody supplies must not expire before anybody thinks of it. */
const ROOT_REMAINING_MS_MIN = 365 * DAY_MS;
const ROOT_NAME = "swarm-ca";
/**
 * X.520's attribute that distinguishes entries of the same name: here, a node's certificates from before and after a
 * change of role.
 */
const SERIAL_NUMBER = "2.5.4.5";

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A self-signed root: ECDSA P-256, CN swarm-ca, 20 years. A root that replaces another also has its time of creation in
 * its name, so that chain building cannot confuse the two.
 */
export async function createRootCa(
  engine: CryptoEngine,
  nowMs: WallMs,
  { isSuccessor = false } = {},
): Promise<KeyedCertificate> {
  const keys = await engine.generateKeyPair();
  const distinction: JsonName = isSuccessor ? [{ [SERIAL_NUMBER]: [String(nowMs)] }] : [];
  const root = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [ROOT_NAME] }, ...distinction],
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

export type RootVerdict =
  | { readonly kind: "valid"; readonly root: KeyedCertificate }
  | { readonly kind: "unusable"; readonly message: string };

/** Checks a root that somebody supplies: self-signed, an authority, ECDSA P-256 with its own key, valid long enough. */
export async function verifyRootCa(
  engine: CryptoEngine,
  { certificate: pem, key: keyPem }: KeyedCertificate,
  nowMs: WallMs,
): Promise<RootVerdict> {
  const unusable = (message: string): RootVerdict => ({ kind: "unusable", message });
  try {
    const certificate = new X509Certificate(pem);
    const key = await engine.importKey(keyPem);
    const basic = certificate.getExtension(BasicConstraintsExtension);
    if (basic?.ca !== true) return unusable("the certificate is not one of an authority (CA:TRUE)");
    if (basic.pathLength === 0)
      return unusable("the certificate allows no intermediate between it and a node (pathlen:0)");
    if (!(await certificate.isSelfSigned(engine.webcrypto))) return unusable("the certificate is not self-signed");
    if (certificate.notAfter.getTime() < nowMs + ROOT_REMAINING_MS_MIN) {
      return unusable("the certificate must be valid for at least another year");
    }
    if (certificate.notBefore.getTime() > nowMs) return unusable("the certificate is not valid yet");
    const node = new NodeX509Certificate(pem);
    if (!node.checkPrivateKey(createPrivateKey(keyPem))) return unusable("the key does not belong to the certificate");
    return {
      kind: "valid",
      root: { certificate: `${certificate.toString("pem")}\n`, key: await engine.exportKey(key) },
    };
  } catch {
    return unusable("both must be PEM, and the key ECDSA P-256 in PKCS#8");
  }
}

/** The new root's name and key in a certificate signed by the old root: for hosts that know only the old one. */
export async function crossSign(engine: CryptoEngine, old: KeyedCertificate, nextPem: string): Promise<string> {
  const issuer = new X509Certificate(old.certificate);
  const next = new X509Certificate(nextPem);
  const publicKey = await next.publicKey.export(engine.webcrypto);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: next.subjectName.toJSON(),
      issuer: issuer.subjectName.toJSON(),
      publicKey,
      signingKey: await engine.importKey(old.key),
      notBefore: next.notBefore,
      notAfter: new Date(Math.min(next.notAfter.getTime(), issuer.notAfter.getTime())),
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(publicKey, false, engine.webcrypto),
        await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, engine.webcrypto),
      ],
    },
    engine.webcrypto,
  );
  return `${certificate.toString("pem")}\n`;
}

/**
 * A fresh key and a request for a certificate over it. The request contains nothing else: the authority decides the
 * rest.
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

/** Accepts a request whose sender owns the key in it, if the key is of the only kind we use. */
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

/** What a node certificate should say. */
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

/** Whom a certificate is for, as bytes of DER. */
export function subjectOf(pem: string): Buffer {
  return Buffer.from(new X509Certificate(pem).subjectName.toArrayBuffer());
}
