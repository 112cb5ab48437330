import { KINDS } from "../../shared/objects/kinds.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { Cluster } from "../../shared/objects/types.ts";
import { createGossipKeys, rotateGossipKeys } from "../../shared/pki/gossip-keys.ts";
import type { KeyedCertificate } from "../../shared/pki/issue.ts";
import { rotateJoinTokens } from "../../shared/pki/join-token.ts";
import { longestCertExpiryMs } from "../../shared/pki/revocation.ts";
import { beginRotation, prepareRotation } from "../../shared/pki/root-rotation.ts";
import { createUnlockKey } from "../../shared/pki/unlock-key.ts";
import type { UpdateClusterRequest } from "../../shared/rpc/gen/control.ts";
import type { ClusterSpec, GossipKeys, RebalanceSettings } from "../../shared/rpc/gen/objects.ts";
import { STRATEGY } from "../../shared/service-spec/strategies.ts";
import { check, checkDuration, checkWhole, quoted, refuse } from "../../shared/spec-checks/refuse.ts";
import { validateLabels } from "../../shared/spec-checks/validate-annotations.ts";
import { updateExpecting } from "../store/version-check.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";

/** A node must have time for several attempts to renew its certificate before it expires. */
const NODE_CERT_EXPIRY_MS_MIN = 3_600_000;
/** More heartbeats than this are load without use. */
const HEARTBEAT_PERIOD_MS_MIN = 100;
/** A longer period would leave a lost host unnoticed for longer than anybody would wait. */
const HEARTBEAT_PERIOD_MS_MAX = 60_000;
/** Each move starts a container: more at once would be a storm, on hosts that are there to serve. */
const REBALANCE_PARALLELISM_MAX = 1_000;
/**
 * Hosts in session have new keys within milliseconds, hosts that are just changing leaders within seconds. With faster
 * rotations, some host would lack a key that the others send with.
 */
const GOSSIP_ROTATION_PAUSE_MS = 10_000;

/** @throws SwarmError invalidArgument. */
function takeSpec(wire: ClusterSpec, old: ClusterSpec): ClusterSpec {
  const spec: ClusterSpec = { ...wire, annotations: wire.annotations ?? old.annotations };
  check(spec.annotations?.name === old.annotations?.name, "the swarm cannot be renamed");
  if (spec.annotations !== null) validateLabels("swarm", spec.annotations);
  check(
    spec.nodeCertExpiryMs >= NODE_CERT_EXPIRY_MS_MIN,
    `invalid certificate lifetime ${spec.nodeCertExpiryMs} ms: it must be at least one hour`,
  );
  check(
    spec.heartbeatPeriodMs >= HEARTBEAT_PERIOD_MS_MIN,
    `invalid heartbeat period ${spec.heartbeatPeriodMs} ms: it must be at least ${HEARTBEAT_PERIOD_MS_MIN} ms`,
  );
  checkWhole("certificate lifetime in ms", spec.nodeCertExpiryMs, SPEC_LIMITS.duration.max);
  checkWhole("heartbeat period in ms", spec.heartbeatPeriodMs, HEARTBEAT_PERIOD_MS_MAX);
  checkDuration("disconnect grace", spec.disconnectGraceMs);
  check(spec.snapshotInterval > 0, "invalid snapshot interval 0: it must be at least one entry");
  checkWhole("snapshot interval", spec.snapshotInterval, SPEC_LIMITS.logEntries.max);
  checkWhole("number of log entries kept for followers", spec.logEntriesForSlowFollowers, SPEC_LIMITS.logEntries.max);
  check(
    spec.placementStrategy === "" || STRATEGY.test(spec.placementStrategy),
    `invalid placement strategy ${quoted(spec.placementStrategy)}: expected spread or binpack`,
  );
  const history = spec.taskHistoryRetentionLimit;
  if (spec.rebalance !== null) checkRebalance(spec.rebalance);
  checkWhole("task history limit", history, SPEC_LIMITS.attempts.max, -SPEC_LIMITS.attempts.max);
  return spec;
}

function checkRebalance({ parallelism, gainMin, cooldownMs }: RebalanceSettings): void {
  checkWhole("number of moves at the same time", parallelism, REBALANCE_PARALLELISM_MAX);
  checkWhole("least gain of a move", gainMin, SPEC_LIMITS.replicas.max);
  checkDuration("rebalance cooldown", cooldownMs);
}

export async function getCluster(api: ApiContext): Promise<Cluster> {
  return KINDS.cluster.conceal((await readCommitted(api)).cluster());
}

/** "" while managers are not locked. */
export async function getUnlockKey(api: ApiContext): Promise<string> {
  return (await readCommitted(api)).cluster().unlockKey;
}

/**
 * What this manager knew last; null = no key. For when there is no leader: managers that wait for the key may be what
 * a majority lacks.
 */
export function lastKnownUnlockKey({ store }: Pick<ApiContext, "store">): string | null {
  return store.view().all("cluster")[0]?.unlockKey || null;
}

/** @throws SwarmError invalidArgument, aborted ("update out of sequence"), failedPrecondition. */
export async function updateCluster(api: ApiContext, request: UpdateClusterRequest): Promise<Cluster> {
  const before = (await readCommitted(api)).cluster();
  const { id } = before;
  const rotation = request.rotateRoot
    ? await prepareRotation(api.engine, before, takeRoot(request), api.clock.wallNow())
    : null;
  await updateExpecting(api.store, "update swarm", { kind: "cluster", id, version: request.version }, (tx, cluster) => {
    const spec = request.spec === null ? cluster.spec : takeSpec(request.spec, cluster.spec);
    const { caCert } = cluster.rootCa;
    const old = { worker: cluster.rootCa.joinTokens?.worker ?? "", manager: cluster.rootCa.joinTokens?.manager ?? "" };
    const rotate = { worker: request.rotateWorkerToken, manager: request.rotateManagerToken };
    const joinTokens = rotateJoinTokens(old, rotate, caCert, api.random);
    const gossipKeys = request.rotateGossipKeys ? rotatedKeys(api, cluster.gossipKeys) : cluster.gossipKeys;
    const rootCa = { ...cluster.rootCa, joinTokens };
    const longest = longestCertExpiryMs({ ...cluster, spec });
    const unlockKey = nextUnlockKey(api, cluster.unlockKey, spec, request.rotateUnlockKey);
    const next: Cluster = { ...cluster, spec, rootCa, gossipKeys, unlockKey, longestCertExpiryMs: longest };
    tx.update("cluster", rotation === null ? next : beginRotation(before, next, rotation, api.random));
  });
  return KINDS.cluster.conceal(api.store.view().cluster());
}

/** @throws SwarmError failedPrecondition when there is nothing to rotate. */
function nextUnlockKey(api: ApiContext, old: string, spec: ClusterSpec, rotate: boolean): string {
  if (!spec.autoLockManagers) {
    if (rotate) refuse("failedPrecondition", "cannot rotate because autolock is not turned on");
    return "";
  }
  return old === "" || rotate ? createUnlockKey(api.random) : old;
}

/** @throws SwarmError invalidArgument. */
function takeRoot({ rootCert, rootKey }: UpdateClusterRequest): KeyedCertificate | null {
  if (rootCert === "" && rootKey === "") return null;
  check(rootCert !== "" && rootKey !== "", "a root of your own needs both its certificate and its key");
  return { certificate: rootCert, key: rootKey };
}

function rotatedKeys(api: ApiContext, old: GossipKeys | null): GossipKeys {
  const nowMs = api.clock.wallNow();
  if (old === null) return createGossipKeys(api.random, nowMs);
  const ageMs = nowMs - old.rotatedAtMs;
  if (ageMs >= 0 && ageMs < GOSSIP_ROTATION_PAUSE_MS) {
    const seconds = Math.ceil(ageMs / 1000);
    refuse(
      "failedPrecondition",
      `the gossip keys were rotated ${seconds} s ago and hosts are still adopting them: try again in 10 s`,
    );
  }
  return rotateGossipKeys(old, api.random, nowMs);
}
