import { createPrivateKey } from "node:crypto";
import { isRetryable, messageOf, SwarmError } from "../errors.ts";
import { invariant, mustHave } from "../invariant.ts";
import type { NodeSpec } from "../objects/types.ts";
import type { Clock } from "../ports/clock.ts";
import { connect, type RpcClient } from "../rpc/client.ts";
import type { NodeRole } from "../rpc/gen/objects.ts";
import { services } from "../rpc/schema.ts";
import { createCsr } from "./issue.ts";
import { rootDigest } from "./join-token.ts";
import { parseCertificates, verifyNodeCertificate } from "./node-certificate.ts";
import type { CryptoEngine } from "./ports/crypto-engine.ts";
import { TlsCredentials, type TlsMaterial } from "./tls-credentials.ts";
import { unlockKeyOf } from "./unlock-key.ts";

/** Fetching a root certificate takes no work on the manager. */
const ROOT_TIMEOUT_MS = 5_000;
/** Issuing waits for a Raft commit, perhaps across an election. */
const ISSUE_TIMEOUT_MS = 15_000;

/** Everything a host has once the cluster knows it. */
export interface NodeIdentity {
  readonly nodeId: string;
  readonly clusterId: string;
  readonly role: NodeRole;
  /** PEM. */
  readonly rootCa: string;
  readonly certificate: string;
  readonly key: string;
}

export interface BootstrapDeps {
  readonly engine: CryptoEngine;
  readonly clock: Clock;
}

/** What TLS wants of an identity. */
export function toTlsMaterial(identity: NodeIdentity): TlsMaterial {
  const { rootCa, clusterId, certificate, key } = identity;
  return { rootCa, clusterId, node: { certificate, key } };
}

/**
 * The cluster's root certificate, fetched over an unverified connection and trusted because its digest is the one in
 * the token (join flow, step 2). Addresses are tried in order.
 * @throws SwarmError unavailable when no manager can be reached; permissionDenied when the digest differs.
 */
export async function fetchRootCa(
  addresses: readonly string[],
  digest: string,
  deps: BootstrapDeps,
  signal?: AbortSignal,
): Promise<string> {
  return await tryEach(addresses, async (address) => {
    await using client = connect(services.certificateAuthority, address, "untrusted", { clock: deps.clock });
    const { certificate } = await client.getRootCertificate({}, callOptions(ROOT_TIMEOUT_MS, signal));
    if (rootDigest(certificate) !== digest) {
      throw new SwarmError(
        "permissionDenied",
        `the manager at ${address} does not belong to the swarm that the join token is for: compare the address with ` +
          "the output of `swarmctl join-token` on a manager",
      );
    }
    parseCertificates(certificate, `the answer of ${address}`);
    return certificate;
  });
}

export interface CertificateRequest {
  /** HOST:PORT of managers, tried in order. */
  readonly addresses: readonly string[];
  /** As parseJoinToken gives it. */
  readonly token: string;
  readonly rootCa: string;
  readonly availability: NodeSpec["availability"];
  readonly hostname: string;
}

/**
 * Makes this host a node: a new key, and a certificate over it in exchange for the token (join flow, step 3).
 * @throws SwarmError invalidArgument for a token that is not, or no longer, the cluster's; unavailable when no manager
 * can be reached.
 */
export async function requestCertificate(
  request: CertificateRequest,
  deps: BootstrapDeps,
  signal?: AbortSignal,
): Promise<NodeIdentity> {
  const credentials = new TlsCredentials({ rootCa: request.rootCa, clusterId: null, node: null });
  const { token, availability, hostname } = request;
  return await issue(request.addresses, credentials, { token, availability, hostname }, deps, signal);
}

/**
 * A new certificate over a new key for a node that still has a valid one; its role is the node object's.
 * @throws SwarmError permissionDenied when the node was removed; unauthenticated when the old certificate has expired.
 */
export async function renewCertificate(
  addresses: readonly string[],
  credentials: TlsCredentials,
  deps: BootstrapDeps,
  signal?: AbortSignal,
): Promise<NodeIdentity> {
  invariant(credentials.material.node !== null, "renewing needs a certificate to renew");
  return await issue(addresses, credentials, { token: "", availability: "ACTIVE", hostname: "" }, deps, signal);
}

/** What a manager's keys are to be locked with, and since which version of the cluster object. */
export interface WantedLock {
  /** null = they are not locked. */
  readonly key: string | null;
  readonly version: number;
}

/**
 * Asks for it, as a manager that has no store yet.
 * @throws SwarmError unavailable when no manager can be reached; permissionDenied where this node is no manager.
 */
export async function fetchWantedLock(
  addresses: readonly string[],
  credentials: TlsCredentials,
  deps: Pick<BootstrapDeps, "clock">,
  signal?: AbortSignal,
): Promise<WantedLock> {
  try {
    return await tryEach(addresses, async (address) => {
      await using client = connect(services.certificateAuthority, address, credentials, { clock: deps.clock });
      const { unlockKey, version } = await client.fetchUnlockKey({}, callOptions(ISSUE_TIMEOUT_MS, signal));
      return { key: unlockKeyOf({ unlockKey }), version };
    });
  } catch (error) {
    // A leader of an earlier release, which locks nobody.
    if (error instanceof SwarmError && error.code === "unimplemented") return { key: null, version: 0 };
    throw error;
  }
}

/**
 * Shows the managers the certificate in use, over a connection of its own.
 * @throws SwarmError unavailable when no manager can be reached, or none can tell yet which root signed it.
 */
export async function confirmCertificate(
  addresses: readonly string[],
  credentials: TlsCredentials,
  deps: Pick<BootstrapDeps, "clock">,
  signal?: AbortSignal,
): Promise<void> {
  await tryEach(addresses, async (address) => {
    await using client = connect(services.certificateAuthority, address, credentials, { clock: deps.clock });
    await client.confirmCertificate({}, callOptions(ISSUE_TIMEOUT_MS, signal));
  });
}

async function issue(
  addresses: readonly string[],
  credentials: TlsCredentials,
  about: { token: string; availability: NodeSpec["availability"]; hostname: string },
  deps: BootstrapDeps,
  signal?: AbortSignal,
): Promise<NodeIdentity> {
  const { rootCa } = credentials.material;
  const { csr, key } = await createCsr(deps.engine);
  return await tryEach(addresses, async (address) => {
    await using client: RpcClient<typeof services.certificateAuthority> = connect(
      services.certificateAuthority,
      address,
      credentials,
      { clock: deps.clock },
    );
    const response = await client.issueNodeCertificate({ csr, ...about }, callOptions(ISSUE_TIMEOUT_MS, signal));
    const { nodeId, clusterId, role, certificate } = response;
    // Trusted because the manager is: its certificate led to a root that we knew.
    const believed = response.rootCa === "" ? rootCa : response.rootCa;
    const identity = { nodeId, clusterId, role, rootCa: believed, certificate, key };
    checkIdentity(identity, deps.clock, `the manager at ${address}`);
    return identity;
  });
}

/**
 * Proves that certificate, key, root and claims belong together, before anyone writes or uses them.
 * @throws SwarmError internal, naming `source`, when they do not.
 */
export function checkIdentity(identity: NodeIdentity, clock: Clock, source: string): void {
  const unusable = (why: string): SwarmError =>
    new SwarmError("internal", `${source} gave a certificate that cannot be used: ${why}`);
  const certificate = mustHave(parseCertificates(identity.certificate, "the node certificate")[0], "a certificate");
  const trust = { roots: parseCertificates(identity.rootCa, "the root certificate"), clusterId: identity.clusterId };
  const verdict = verifyNodeCertificate(certificate, trust, clock.wallNow());
  if (verdict.kind !== "valid") throw unusable(verdict.message);
  const { nodeId, role } = verdict.certificate;
  if (nodeId !== identity.nodeId) throw unusable(`it is for node ${nodeId}`);
  if (role !== identity.role) throw unusable(`it is for a ${role.toLowerCase()}`);
  if (!certificate.checkPrivateKey(createPrivateKey(identity.key))) throw unusable("it is not for this host's key");
}

/** The first address that answers decides; the next is tried only if one is unreachable or busy. */
async function tryEach<T>(addresses: readonly string[], ask: (address: string) => Promise<T>): Promise<T> {
  if (addresses.length === 0) throw new SwarmError("invalidArgument", "no manager address is known: give HOST:PORT");
  const failures: SwarmError[] = [];
  for (const address of addresses) {
    try {
      return await ask(address);
    } catch (error) {
      if (!(error instanceof SwarmError) || !isRetryable(error)) throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (others.length === 0) throw mustHave(first, "a failure");
  throw new SwarmError("unavailable", `no manager can be reached: ${failures.map(messageOf).join("; ")}`);
}

function callOptions(timeoutMs: number, signal: AbortSignal | undefined): { timeoutMs: number; signal?: AbortSignal } {
  return signal === undefined ? { timeoutMs } : { timeoutMs, signal };
}
