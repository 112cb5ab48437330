import { SwarmError } from "../errors.ts";
import { mustHave } from "../invariant.ts";
import { labelsOf } from "../objects/labels.ts";
import type { Cluster, ClusterSpec } from "../rpc/gen/objects.ts";
import { type DockerJson, fromNanos, headOf, toNanos, unlessEmpty } from "./common.ts";
import { type JsonShape, takeShape } from "./json-shape.ts";
import { tlsInfoOf } from "./tls-info.ts";

/** Blocks of a swarm that was made without others. */
const DEFAULT_POOLS = ["10.0.0.0/8"];
const DEFAULT_PREFIX = 24;
/** Docker's ticks of Raft, which here are milliseconds of their own. */
const ELECTION_TICK = 10;
const HEARTBEAT_TICK = 1;
const CERT_EXPIRY_MS = 90 * 86_400_000;
/** What a swarm has unless it is told otherwise, for fields that a request leaves out. */
const DEFAULTS: ClusterSpec = {
  annotations: { name: "default", labels: {} },
  taskHistoryRetentionLimit: 5,
  snapshotInterval: 10_000,
  logEntriesForSlowFollowers: 500,
  heartbeatPeriodMs: 500,
  disconnectGraceMs: 30_000,
  nodeCertExpiryMs: CERT_EXPIRY_MS,
  forceRotate: 0,
  placementStrategy: "",
  preemption: false,
  autoLockManagers: false,
  rebalance: null,
};

const SHAPE: JsonShape = {
  fields: {
    Name: "text",
    Labels: { map: "text" },
    Orchestration: { fields: { TaskHistoryRetentionLimit: "whole" } },
    Raft: {
      fields: {
        SnapshotInterval: "whole",
        KeepOldSnapshots: "whole",
        LogEntriesForSlowFollowers: "whole",
        ElectionTick: "whole",
        HeartbeatTick: "whole",
      },
    },
    Dispatcher: { fields: { HeartbeatPeriod: "whole" } },
    CAConfig: {
      fields: {
        NodeCertExpiry: "whole",
        ExternalCAs: { list: "anything" },
        SigningCACert: "text",
        SigningCAKey: "text",
        ForceRotate: "whole",
      },
    },
    TaskDefaults: { fields: { LogDriver: { fields: { Name: "text", Options: { map: "text" } } } } },
    EncryptionConfig: { fields: { AutoLockManagers: "flag" } },
  },
};

/** What a request says of a swarm, and the root that is to take the place of the present one; null = it stays. */
export interface AskedCluster {
  readonly spec: ClusterSpec;
  readonly root: { readonly rootCert: string; readonly rootKey: string } | null;
}

/** A swarm as `GET /swarm` shows it. */
export function toDockerCluster(cluster: Cluster): DockerJson {
  const { spec, rootCa, defaultAddressPools, defaultSubnetPrefix } = cluster;
  return {
    ...headOf(cluster),
    Spec: toDockerClusterSpec(mustHave(spec, "the spec of a swarm")),
    TLSInfo: tlsInfoOf(cluster),
    RootRotationInProgress: (rootCa?.rotation ?? null) !== null,
    DefaultAddrPool: defaultAddressPools.length === 0 ? DEFAULT_POOLS : defaultAddressPools,
    SubnetSize: defaultSubnetPrefix || DEFAULT_PREFIX,
    DataPathPort: cluster.dataPathPort,
    JoinTokens: { Worker: rootCa?.joinTokens?.worker ?? "", Manager: rootCa?.joinTokens?.manager ?? "" },
  };
}

/** The part that people may change. */
export function toDockerClusterSpec(spec: ClusterSpec): DockerJson {
  return {
    Name: spec.annotations?.name ?? "",
    Labels: spec.annotations?.labels ?? {},
    Orchestration: { TaskHistoryRetentionLimit: spec.taskHistoryRetentionLimit },
    Raft: {
      SnapshotInterval: spec.snapshotInterval,
      KeepOldSnapshots: 0,
      LogEntriesForSlowFollowers: spec.logEntriesForSlowFollowers,
      ElectionTick: ELECTION_TICK,
      HeartbeatTick: HEARTBEAT_TICK,
    },
    Dispatcher: { HeartbeatPeriod: toNanos(spec.heartbeatPeriodMs) },
    CAConfig: {
      NodeCertExpiry: toNanos(spec.nodeCertExpiryMs),
      ...unlessEmpty("ForceRotate", spec.forceRotate),
    },
    TaskDefaults: {},
    EncryptionConfig: { AutoLockManagers: spec.autoLockManagers },
  };
}

/**
 * The settings that a request's JSON means. What it leaves out stays as `present` has it.
 * @throws SwarmError invalidArgument for wrong types; unimplemented for what no swarm here does.
 */
export function readClusterJson(json: DockerJson, present: ClusterSpec | null): AskedCluster {
  const taken = takeShape(json, SHAPE) as DockerJson;
  const old = present ?? DEFAULTS;
  const raft = part(taken, "Raft");
  const ca = part(taken, "CAConfig");
  refuse((ca["ExternalCAs"] as readonly unknown[] | undefined)?.length, "external certificate authorities");
  refuse(
    part(part(taken, "TaskDefaults"), "LogDriver")["Name"],
    "a log driver of all services: say it for each, which",
  );
  refuse(raft["KeepOldSnapshots"], "old snapshots are not kept: more than none");
  const { SigningCACert: rootCert = "", SigningCAKey: rootKey = "" } = ca;
  const forceRotate = number(ca["ForceRotate"], old.forceRotate);
  // The number of a swarm that is just being made is where counting begins.
  const isRotation = rootCert !== "" || (present !== null && forceRotate !== present.forceRotate);
  return {
    spec: {
      annotations: {
        name: old.annotations?.name ?? "default",
        labels: taken["Labels"] === undefined ? (old.annotations?.labels ?? {}) : labelsIn(taken["Labels"]),
      },
      taskHistoryRetentionLimit: number(
        part(taken, "Orchestration")["TaskHistoryRetentionLimit"],
        old.taskHistoryRetentionLimit,
      ),
      snapshotInterval: number(raft["SnapshotInterval"], old.snapshotInterval),
      logEntriesForSlowFollowers: number(raft["LogEntriesForSlowFollowers"], old.logEntriesForSlowFollowers),
      heartbeatPeriodMs: millis(part(taken, "Dispatcher")["HeartbeatPeriod"], old.heartbeatPeriodMs),
      disconnectGraceMs: old.disconnectGraceMs,
      nodeCertExpiryMs: millis(ca["NodeCertExpiry"], old.nodeCertExpiryMs),
      forceRotate,
      placementStrategy: old.placementStrategy,
      preemption: old.preemption,
      autoLockManagers: (part(taken, "EncryptionConfig")["AutoLockManagers"] ?? old.autoLockManagers) === true,
      // Docker has nothing of the kind: its clients leave it as it is.
      rebalance: old.rebalance,
    },
    root: isRotation ? { rootCert: String(rootCert), rootKey: String(rootKey) } : null,
  };
}

function part(json: DockerJson, key: string): DockerJson {
  return (json[key] ?? {}) as DockerJson;
}

function labelsIn(json: unknown): Readonly<Record<string, string>> {
  return labelsOf(Object.entries(json as Readonly<Record<string, string>>));
}

function number(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : Number(value);
}

/** Zero nanoseconds is what clients send that say nothing. */
function millis(value: unknown, otherwise: number): number {
  return value === undefined || value === 0 ? otherwise : fromNanos(Number(value));
}

function refuse(isAsked: unknown, what: string): void {
  if (isAsked) throw new SwarmError("unimplemented", `${what} is not offered`);
}
