import { type ClusterId, createId, type NetworkId, type NodeId } from "../../shared/ids.ts";
import type { Cluster, Network, Node, NodeSpec } from "../../shared/objects/types.ts";
import { createGossipKeys } from "../../shared/pki/gossip-keys.ts";
import { type KeyedCertificate, NODE_CERT_LIFETIME_MS } from "../../shared/pki/issue.ts";
import { createJoinTokens } from "../../shared/pki/join-token.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { ClusterSpec, Meta } from "../../shared/rpc/gen/objects.ts";

/** Tasks kept for each slot, the live one included: enough to see a crash loop's reasons. */
const TASK_HISTORY_RETENTION_LIMIT = 5;
/** Log entries between snapshots: replaying fewer than this at start takes well under a second. */
const SNAPSHOT_INTERVAL_ENTRIES = 10_000;
/** Entries kept below a snapshot, so that a manager that was away for a moment needs no snapshot. */
const LOG_ENTRIES_FOR_SLOW_FOLLOWERS = 500;
/** How often a worker says it is there; a dead host must be noticed within two seconds. */
const HEARTBEAT_PERIOD_MS = 500;
/** How long a silent node whose host still answers keeps its tasks: longer than a daemon's restart or upgrade. */
const DISCONNECT_GRACE_MS = 30_000;
/** IANA's VXLAN port. */
export const DATA_PATH_PORT = 4_789;
/** The one network that carries published ports. */
const INGRESS_NETWORK_NAME = "ingress";

/** The settings of a new cluster. */
export const DEFAULT_CLUSTER_SPEC: ClusterSpec = {
  annotations: { name: "default", labels: {} },
  taskHistoryRetentionLimit: TASK_HISTORY_RETENTION_LIMIT,
  snapshotInterval: SNAPSHOT_INTERVAL_ENTRIES,
  logEntriesForSlowFollowers: LOG_ENTRIES_FOR_SLOW_FOLLOWERS,
  heartbeatPeriodMs: HEARTBEAT_PERIOD_MS,
  disconnectGraceMs: DISCONNECT_GRACE_MS,
  nodeCertExpiryMs: NODE_CERT_LIFETIME_MS,
};

// The store writes the real one on apply.
const UNWRITTEN: Meta = { version: 0, createdAtMs: 0, updatedAtMs: 0 };

/** The cluster object of a new cluster. The id is given, because certificates name it before anything is stored. */
export function createCluster(
  id: ClusterId,
  ca: KeyedCertificate,
  random: Random,
  nowMs: WallMs,
  dataPathPort: number = DATA_PATH_PORT,
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
  };
}

/** What is known of a node before its first session. */
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
    },
    description: {
      hostname: about.hostname,
      platform: null,
      resources: null,
      engineVersion: "",
      engineLabels: {},
      dataPathAddress: "",
    },
    status: {
      state: "UNKNOWN",
      message: "has not connected yet",
      address: about.address,
      sinceMs: about.nowMs,
      silentSinceMs: 0,
    },
    managerStatus: null,
    role: about.role,
    attachments: [],
    roleGeneration: 0,
    certificateRoot: "",
  };
}

/**
 * Room for 4,094 hosts and tasks with published ports; Docker's /24 is full at 254, the first thing large swarms hit.
 * First of the default pool 10.0.0.0/8, as Docker's.
 */
const INGRESS_SUBNET = "10.0.0.0/20";
/** The same address on every host: a task's way out is always the host it runs on. */
const INGRESS_GATEWAY = "10.0.0.1";
/** First of Docker's range of overlay numbers, 4096..16777215. */
const INGRESS_VNI = 4_096;

/** The ingress network of a new cluster: whole from the beginning, since every node's first address is on it. */
export function createIngressNetwork(random: Random): Network {
  return {
    id: createId<NetworkId>(random),
    meta: UNWRITTEN,
    spec: {
      annotations: { name: INGRESS_NETWORK_NAME, labels: {} },
      ingress: true,
      subnet: "",
      internal: false,
      mtu: 0,
    },
    vni: INGRESS_VNI,
    subnet: INGRESS_SUBNET,
    gateway: INGRESS_GATEWAY,
  };
}
