import { createFirstNetworks } from "../manager/allocator/first-networks.ts";
import { createCluster, createNode } from "../manager/ca/first-objects.ts";
import { type ClusterId, createId, type NodeId } from "../shared/ids.ts";
import { mustHave } from "../shared/invariant.ts";
import { toBlock } from "../shared/ip-block.ts";
import type { Cluster, Network, Node, NodeSpec } from "../shared/objects/types.ts";
import type { NodeIdentity } from "../shared/pki/bootstrap.ts";
import { createCsr, createRootCa, signCertificate, verifyCsr } from "../shared/pki/issue.ts";
import type { CryptoEngine } from "../shared/pki/ports/crypto-engine.ts";
import { createUnlockKey } from "../shared/pki/unlock-key.ts";
import type { WallMs } from "../shared/ports/clock.ts";
import type { Random } from "../shared/ports/random.ts";

export interface FirstNode {
  readonly engine: CryptoEngine;
  readonly random: Random;
  readonly nowMs: WallMs;
  readonly hostname: string;
  /** IP other nodes use for it. */
  readonly address: string;
  readonly availability: NodeSpec["availability"];
  readonly dataPathPort: number;
  /** As InitRequest has them, checked. */
  readonly defaultAddressPools: readonly string[];
  readonly defaultSubnetPrefix: number;
  readonly autoLockManagers: boolean;
  /** CIDRs that this host has routes to. */
  readonly routes: readonly string[];
}

/** A new cluster: its authority, its first manager's identity, and the objects that its store starts with. */
export async function createFirstObjects(first: FirstNode): Promise<{
  readonly identity: NodeIdentity;
  readonly objects: { readonly cluster: Cluster; readonly node: Node; readonly networks: readonly Network[] };
  readonly warnings: readonly string[];
}> {
  const { engine, random, nowMs } = first;
  const clusterId = createId<ClusterId>(random);
  const nodeId = createId<NodeId>(random);
  const root = await createRootCa(engine, nowMs);
  const { defaultAddressPools, defaultSubnetPrefix, autoLockManagers } = first;
  const plain = createCluster(clusterId, root, random, nowMs, first.dataPathPort);
  const cluster: Cluster = {
    ...plain,
    defaultAddressPools,
    defaultSubnetPrefix,
    spec: { ...plain.spec, autoLockManagers },
    unlockKey: autoLockManagers ? createUnlockKey(random) : "",
  };
  const { csr, key } = await createCsr(engine);
  const verdict = await verifyCsr(engine, csr);
  const request = verdict.kind === "valid" ? verdict.csr : null;
  const certificate = await signCertificate(engine, root, {
    csr: mustHave(request, "our own certificate request"),
    nodeId,
    role: "MANAGER",
    clusterId,
    roleGeneration: 0,
    nowMs,
    lifetimeMs: cluster.spec.nodeCertExpiryMs,
  });
  const node = createNode({
    id: nodeId,
    role: "MANAGER",
    availability: first.availability,
    hostname: first.hostname,
    address: first.address,
    nowMs,
  });
  const routes = first.routes.flatMap((cidr) => toBlock(cidr) ?? []);
  const { networks, warnings } = createFirstNetworks(cluster, routes, random);
  return {
    identity: { nodeId, clusterId, role: "MANAGER", rootCa: root.certificate, certificate, key },
    objects: { cluster, node, networks },
    warnings,
  };
}
