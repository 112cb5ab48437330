import { SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import { parseHostname } from "../../shared/objects/hostname.ts";
import type { Cluster, Node, NodeSpec } from "../../shared/objects/types.ts";
import { signCertificate, verifyCsr } from "../../shared/pki/issue.ts";
import { roleOfToken } from "../../shared/pki/join-token.ts";
import type { CryptoEngine } from "../../shared/pki/ports/crypto-engine.ts";
import { refuseRevoked } from "../../shared/pki/revocation.ts";
import { believedRoots, signingRoot } from "../../shared/pki/root-trust.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { type NodeCaller, requireNode } from "../../shared/rpc/authorize.ts";
import type { NodeRole } from "../../shared/rpc/gen/objects.ts";
import { type Caller, type RpcHandlers, unary } from "../../shared/rpc/handler.ts";
import { nodeRemovedError } from "../../shared/rpc/node-removed.ts";
import type { services } from "../../shared/rpc/schema.ts";
import { hostOf } from "../caller-host.ts";
import type { Store } from "../store/store-types.ts";
import { createNode } from "./first-objects.ts";

export interface CertificateAuthorityDeps {
  readonly store: Store;
  readonly engine: CryptoEngine;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Issued {
  readonly nodeId: NodeId;
  readonly certificate: string;
  /** PEM of the roots to trust. */
  readonly rootCa: string;
  readonly clusterId: string;
  readonly role: NodeRole;
}

/**
 * Signs certificates. Runs on the leader, since joining writes the node object; swarmd passes calls on to it.
 * A token makes a new node; a certificate renews the node it names, with the current role of the node object, which is
 * how promotion and demotion reach a host.
 */
export class CertificateAuthority {
  readonly #deps: CertificateAuthorityDeps;

  constructor(deps: CertificateAuthorityDeps) {
    this.#deps = deps;
  }

  handlers(): RpcHandlers<typeof services.certificateAuthority> {
    return {
      // Anyone may ask: the digest in the asker's token decides whom the asker trusts.
      getRootCertificate: unary(async () => ({ certificate: this.#cluster().rootCa.caCert })),
      issueNodeCertificate: unary(async (request, { caller }) => {
        if (request.token === "") return await this.#renew(requireNode(caller, "node"), request.csr);
        return await this.#join(caller, request);
      }),
      confirmCertificate: unary(async (_request, { caller }) => {
        await this.#confirm(requireNode(caller, "node"));
        return {};
      }),
      fetchUnlockKey: unary(async (_request, { caller }) => {
        refuseRevoked(this.#cluster(), requireNode(caller, "manager"));
        return await this.#unlockKey();
      }),
    };
  }

  async #join(
    caller: Caller,
    request: { csr: string; token: string; availability: NodeSpec["availability"]; hostname: string },
  ): Promise<Issued> {
    const { store, random, clock, log } = this.#deps;
    refuseMember(caller);
    const role = roleOf(request.token, this.#cluster());
    const hostname = parseHostname(request.hostname);
    const nodeId = createId<NodeId>(random);
    // Signed first: a node object without a certificate would be a ghost in `node ls`.
    const signed = await this.#sign(request.csr, { id: nodeId, role, roleGeneration: 0 });
    const clusterId = await store.update("join node", (tx) => {
      // Checked again, because the token may have been rotated since; a rotation must take effect with its commit.
      if (roleOf(request.token, tx.cluster()) !== role) throw wrongToken();
      const { availability } = request;
      const address = addressOf(caller);
      tx.create("node", createNode({ id: nodeId, role, availability, hostname, address, nowMs: clock.wallNow() }));
      return tx.cluster().id;
    });
    log.info("a node joined", { nodeId, role, hostname });
    return { nodeId, ...signed, clusterId, role };
  }

  async #renew(caller: NodeCaller, csr: string): Promise<Issued> {
    const { store, log } = this.#deps;
    // Reading through an empty transaction makes sure that this manager leads and that the role is current.
    const { node, clusterId } = await store.update("renew certificate", (tx) => {
      refuseRevoked(tx.cluster(), caller);
      return { node: tx.get("node", caller.nodeId), clusterId: tx.cluster().id };
    });
    if (node === undefined) throw nodeRemovedError(caller.nodeId);
    const signed = await this.#sign(csr, node);
    log.info("a certificate was renewed", { nodeId: node.id, role: node.role });
    return { nodeId: node.id, ...signed, clusterId, role: node.role };
  }

  /**
   * Records that a node uses a certificate of the new root, as its connection has just proven. Having issued one is not
   * enough: the host may have died before the certificate was on its disk, and dropping the old root would lock it out.
   */
  async #confirm(caller: NodeCaller): Promise<void> {
    const isShown = await this.#deps.store.update("confirm certificate", (tx) => {
      const node = tx.get("node", caller.nodeId);
      if (node === undefined) throw nodeRemovedError(caller.nodeId);
      const { rotation } = tx.cluster().rootCa;
      if (rotation === null || node.certificateRoot === rotation.fingerprint) return true;
      if (caller.certificateRoot !== rotation.fingerprint) return false;
      tx.update("node", { ...node, certificateRoot: rotation.fingerprint });
      return true;
    });
    // This manager may not have heard of the new root itself; then it cannot tell.
    if (!isShown) throw new SwarmError("unavailable", "that certificate is not seen as one of the new root: try again");
  }

  /** An empty transaction makes sure that this manager leads: an old key would lock the caller out of its own disk. */
  async #unlockKey(): Promise<{ readonly unlockKey: string; readonly version: number }> {
    await this.#deps.store.update("fetch unlock key", () => {});
    const { unlockKey, meta } = this.#cluster();
    return { unlockKey, version: meta.version };
  }

  async #sign(
    csrPem: string,
    { id: nodeId, role, roleGeneration }: Pick<Node, "id" | "role" | "roleGeneration">,
  ): Promise<Pick<Issued, "certificate" | "rootCa">> {
    const { engine, clock } = this.#deps;
    const verdict = await verifyCsr(engine, csrPem);
    if (verdict.kind === "malformed") throw new SwarmError("invalidArgument", verdict.message);
    const { rootCa, spec, id: clusterId } = this.#cluster();
    const ca = signingRoot(rootCa);
    const lifetimeMs = spec.nodeCertExpiryMs;
    const about = { csr: verdict.csr, nodeId, role, clusterId, roleGeneration, nowMs: clock.wallNow(), lifetimeMs };
    const certificate = await signCertificate(engine, ca, about);
    return { certificate: `${certificate}${ca.chain}`, rootCa: believedRoots(rootCa) };
  }

  #cluster(): Cluster {
    return this.#deps.store.view().cluster();
  }
}

/** @throws SwarmError invalidArgument when the token is neither of the cluster's two. */
function roleOf(token: string, cluster: Cluster): NodeRole {
  const tokens = cluster.rootCa.joinTokens;
  const role = tokens === null ? null : roleOfToken(token, tokens);
  if (role === null) throw wrongToken();
  return role;
}

function wrongToken(): SwarmError {
  return new SwarmError(
    "invalidArgument",
    "A valid join token is necessary to join this cluster: this one is mistyped or was rotated. " +
      "Get the current one with `swarmctl join-token worker` on a manager",
  );
}

/** A host that has a certificate of this cluster is a node already; a second one would be a ghost. */
function refuseMember(caller: Caller): void {
  switch (caller.kind) {
    case "anonymous":
    case "local":
      return;
    case "node":
      throw new SwarmError("failedPrecondition", `this host is already node ${caller.nodeId} of the swarm`);
    default:
      unreachable(caller);
  }
}

function addressOf(caller: Caller): string {
  return caller.kind === "local" ? "" : hostOf(caller.address);
}
