import { X509Certificate } from "node:crypto";
import { SwarmError } from "../errors.ts";
import type { WallMs } from "../ports/clock.ts";
import type { NodeRole } from "../rpc/gen/objects.ts";

/** Organizational units of node certificates: what a host may do. */
export const ROLE_UNITS = { WORKER: "swarm-worker", MANAGER: "swarm-manager" } as const satisfies Record<
  NodeRole,
  string
>;

/** What a node certificate says. */
export interface NodeCertificate {
  readonly nodeId: string;
  readonly role: NodeRole;
  readonly clusterId: string;
  /** `Node.role_generation` when it was issued; 0 in certificates of earlier releases. */
  readonly roleGeneration: number;
  readonly notBeforeMs: WallMs;
  readonly notAfterMs: WallMs;
}

/** Whom to trust. With `clusterId` null, any cluster under these roots is trusted. */
export interface Trust {
  readonly roots: readonly X509Certificate[];
  readonly clusterId: string | null;
}

/** Why a certificate is not accepted, with a sentence for people. */
export type CertificateVerdict =
  | {
      readonly kind: "valid";
      readonly certificate: NodeCertificate;
      /**
       * SHA-256 fingerprint of the root that signed it; "" if only the certificate sent along with it leads to a root.
       */
      readonly root: string;
    }
  | {
      readonly kind: "malformed" | "foreign" | "otherCluster" | "notYetValid" | "expired";
      readonly message: string;
    };

/**
 * Judges a peer's certificate by our own rules: signed by a root we trust, of our cluster, valid now, and with a role.
 * Host names play no part: nodes are known by id, wherever they are. `brought` is the certificate its owner sent along:
 * while the root is being replaced, this is the new root as signed by the old one, for peers that know only the old
 * one.
 */
export function verifyNodeCertificate(
  peer: X509Certificate,
  trust: Trust,
  nowMs: WallMs,
  brought: X509Certificate | undefined = peer.issuerCertificate,
): CertificateVerdict {
  const parsed = readNodeCertificate(peer);
  if (parsed.kind === "malformed") return parsed;
  const { certificate } = parsed;
  const who = `the certificate of node ${certificate.nodeId}`;
  const root = trust.roots.find((each) => isSignedBy(peer, each));
  if (root === undefined && !leadsToRoot(peer, brought, trust, nowMs)) {
    return { kind: "foreign", message: `${who} was not issued by this swarm's certificate authority` };
  }
  if (trust.clusterId !== null && trust.clusterId !== certificate.clusterId) {
    return { kind: "otherCluster", message: `${who} is for another swarm (${certificate.clusterId})` };
  }
  if (nowMs < certificate.notBeforeMs) {
    return {
      kind: "notYetValid",
      message: `${who} is valid only from ${instant(certificate.notBeforeMs)}: compare the clocks of both hosts`,
    };
  }
  if (nowMs > certificate.notAfterMs) {
    return { kind: "expired", message: `${who} expired at ${instant(certificate.notAfterMs)}` };
  }
  return { kind: "valid", certificate, root: root?.fingerprint256 ?? "" };
}

/** What the certificate claims, unproven. */
export function readNodeCertificate(
  peer: X509Certificate,
): { readonly kind: "valid"; readonly certificate: NodeCertificate } | { kind: "malformed"; message: string } {
  const subject = subjectOf(peer);
  const nodeId = subject.get("CN");
  const clusterId = subject.get("O");
  const role = roleOfUnit(subject.get("OU"));
  if (nodeId === undefined || clusterId === undefined || role === null || peer.ca) {
    return { kind: "malformed", message: `not a node certificate of a swarm (subject ${oneLine(peer.subject)})` };
  }
  return {
    kind: "valid",
    certificate: {
      nodeId,
      role,
      clusterId,
      roleGeneration: generationOf(subject.get("serialNumber")),
      notBeforeMs: peer.validFromDate.getTime(),
      notAfterMs: peer.validToDate.getTime(),
    },
  };
}

/**
 * `Node.role_generation` when a node's certificate was issued; 0 if it does not say.
 * @throws SwarmError invalidArgument when `pem` holds no certificate.
 */
export function roleGenerationOf(pem: string): number {
  const [first] = parseCertificates(pem, "the node certificate");
  const parsed = first && readNodeCertificate(first);
  return parsed?.kind === "valid" ? parsed.certificate.roleGeneration : 0;
}

/** @throws SwarmError invalidArgument, naming `what`, when `pem` holds no certificate. */
export function parseCertificates(pem: string, what: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new SwarmError("invalidArgument", `${what} holds no PEM certificate`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new SwarmError("invalidArgument", `${what} holds a damaged certificate`, { cause });
  }
}

function isSignedBy(peer: X509Certificate, root: X509Certificate): boolean {
  return peer.checkIssued(root) && peer.verify(root.publicKey);
}

function leadsToRoot(
  peer: X509Certificate,
  between: X509Certificate | undefined,
  trust: Trust,
  nowMs: WallMs,
): boolean {
  if (between === undefined || !between.ca || !isSignedBy(peer, between)) return false;
  const isValidNow = nowMs >= between.validFromDate.getTime() && nowMs <= between.validToDate.getTime();
  return isValidNow && trust.roots.some((root) => isSignedBy(between, root));
}

function roleOfUnit(unit: string | undefined): NodeRole | null {
  if (unit === ROLE_UNITS.MANAGER) return "MANAGER";
  return unit === ROLE_UNITS.WORKER ? "WORKER" : null;
}

function generationOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

// One attribute per line. OpenSSL escapes a line break within a name, so it cannot pose as another attribute.
function subjectOf(certificate: X509Certificate): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const line of (certificate.subject ?? "").split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) attributes.set(line.slice(0, at), line.slice(at + 1));
  }
  return attributes;
}

function oneLine(text: string | undefined): string {
  return JSON.stringify((text ?? "").replaceAll("\n", ", "));
}

function instant(ms: WallMs): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
