// Made from proto/swarm/v1/ca.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { NodeRole, NodeSpecAvailability } from "./objects.ts";

/** Trust. Answered by the leader; other managers pass the call on. */
export interface CertificateAuthorityMethods {
  /** Callable without a certificate: the caller checks the digest in its token against the answer. */
  readonly getRootCertificate: RpcMethod<"unary", GetRootCertificateRequest, GetRootCertificateResponse>;
  /** Without a certificate: needs a token, makes the node. With one: renews it, and the role follows the node object. */
  readonly issueNodeCertificate: RpcMethod<"unary", IssueNodeCertificateRequest, IssueNodeCertificateResponse>;
  /** A node shows the certificate it now uses: a root is dropped only when no node depends on it any more. */
  readonly confirmCertificate: RpcMethod<"unary", ConfirmCertificateRequest, ConfirmCertificateResponse>;
  /** For a manager that joins: it locks its keys before its first log entry is on disk. */
  readonly fetchUnlockKey: RpcMethod<"unary", FetchUnlockKeyRequest, FetchUnlockKeyResponse>;
}

/** Asks for what anybody may know. */
export type GetRootCertificateRequest = Readonly<Record<string, never>>;

/** What a host checks against the digest in its join token before it trusts it. */
export interface GetRootCertificateResponse {
  /** PEM. */
  readonly certificate: string;
}

/** From a host that joins, or from a node that renews its certificate. */
export interface IssueNodeCertificateRequest {
  /** PKCS#10 PEM; only its public key is used. */
  readonly csr: string;
  /** SWMTKN-1-...; "" when renewing. */
  readonly token: string;
  /** For a new node. */
  readonly availability: NodeSpecAvailability;
  /**
   * What the host says about itself, so that it can be seen before its first session. Printable, at most 255
   * characters.
   */
  readonly hostname: string;
}

/** The certificate, and who the host is by it. */
export interface IssueNodeCertificateResponse {
  /** The node's id: a new one for a token, otherwise the caller's own. */
  readonly nodeId: string;
  /**
   * PEM of the node's certificate and, while the root is being replaced, of the certificate that links it to the old
   * root.
   */
  readonly certificate: string;
  /** The swarm it belongs to; the organisation in its certificate. */
  readonly clusterId: string;
  /** What the certificate allows. */
  readonly role: NodeRole;
  /** PEM of the roots to trust from now on; "" from managers of earlier releases. */
  readonly rootCa: string;
}

/** The certificate that the caller shows is the one that is confirmed. */
export type ConfirmCertificateRequest = Readonly<Record<string, never>>;

/** The confirmation is committed. */
export type ConfirmCertificateResponse = Readonly<Record<string, never>>;

/** From a host that has a manager's certificate. */
export type FetchUnlockKeyRequest = Readonly<Record<string, never>>;

/** What the caller is to lock its key store with. */
export interface FetchUnlockKeyResponse {
  /** SWMKEY-1-...; "" while managers are not locked. */
  readonly unlockKey: string;
  /** Version of the cluster object that says so: what an older one says is out of date. */
  readonly version: number;
}
