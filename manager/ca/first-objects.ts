import { DEFAULT_SNAPSHOT_SETTINGS } from "../../raft/node/node-options.ts";
import type { ClusterId, NodeId } from "../../shared/ids.ts";
import type { Cluster, Node, NodeSpec } from "../../shared/objects/types.ts";
import { createGossipKeys } from "../../shared/pki/gossip-keys.ts";
import { type KeyedCertificate, NODE_CERT_LIFETIME_MS } from "../../shared/pki/issue.ts";
import { createJoinTokens } from "../../shared/pki/join-token.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { ClusterSpec, Meta } from "../../shared/rpc/gen/objects.ts";

/** Tasks kept for each slot, including the live one: enough to see the reasons of a crash loop. */
const TASK_HISTORY_RETENTION_LIMIT = 5;
/** How often a worker sends a heartbeat; a dead host must be noticed within two seconds. */
const HEARTBEAT_PERIOD_MS = 500;
/** How long a silent node whose host still answers keeps its tasks: longer than a daemon's restart or upgrade. */
const DISCONNECT_GRACE_MS = 30_000;

/** The settings of a new cluster. */
export const DEFAULT_CLUSTER_SPEC: ClusterSpec = {
  annotations: { name: "default", labels: {} },
  taskHistoryRetentionLimit: TASK_HISTORY_RETENTION_LIMIT,
  snapshotInterval: DEFAULT_SNAPSHOT_SETTINGS.interval,
  logEntriesForSlowFollowers: DEFAULT_SNAPSHOT_SETTINGS.keepEntries,
  heartbeatPeriodMs: HEARTBEAT_PERIOD_MS,
  disconnectGraceMs: DISCONNECT_GRACE_MS,
  nodeCertExpiryMs: NODE_CERT_LIFETIME_MS,
  forceRotate: 0,
  placementStrategy: "",
  preemption: false,
  autoLockManagers: false,
  rebalance: null,
};

// The store writes the real one on apply.
const UNWRITTEN: Meta = { version: 0, createdAtMs: 0, updatedAtMs: 0 };

/**
 * The cluster object of a new cluster. The id is a parameter, because certificates name it before anything is stored.
 */
export function createCluster(
  id: ClusterId,
  ca: KeyedCertificate,
  random: Random,
  nowMs: WallMs,
  dataPathPort: number,
): Cluster {
  const joinTokens = createJoinTokens(ca.certificate, random);
  return {
    id,
    meta: UNWRITTEN,
    spec: DEFAULT_CLUSTER_SPEC,
    rootCa: { caKey: ca.key, caCert: ca.certificate, joinTokens, rotation: null },
    dataPathPort,
    revokedCertificates: {},
    gossipKeys: createGossipKeys(random, nowMs),
    longestCertExpiryMs: DEFAULT_CLUSTER_SPEC.nodeCertExpiryMs,
    defaultAddressPools: [],
    defaultSubnetPrefix: 0,
    unlockKey: "",
    rebalance: null,
    era: 0,
  };
}

/** What is known about a node before its first session. */
export interface NewNode {
  readonly id: NodeId;
  readonly role: Node["role"];
  readonly availability: NodeSpec["availability"];
  readonly hostname: string;
  /** IP address it was seen at; "" = not seen yet. */
  readonly address: string;
  readonly nowMs: WallMs;
}

/** A node that has not opened a session: its state is UNKNOWN. */
export function createNode(about: NewNode): Node {
  return {
    id: about.id,
    meta: UNWRITTEN,
    spec: {
      annotations: { name: "", labels: {} },
      desiredRole: about.role,
      availability: about.availability,
      evacuation: null,
    },
    description: {
      hostname: about.hostname,
      platform: null,
      resources: null,
      engineVersion: "",
      engineLabels: {},
      listeners: [],
      carriesIpv6: false,
      slotVolumes: [],
      overlay: null,
      dataPathAddress: "",
    },
    status: {
      state: "UNKNOWN",
      message: "has not connected yet",
      address: about.address,
      sinceMs: about.nowMs,
      silentSinceMs: 0,
      finding: "",
    },
    managerStatus: null,
    role: about.role,
    attachments: [],
    roleGeneration: 0,
    certificateRoot: "",
  };
}
