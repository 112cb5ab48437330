import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getCluster, getUnlockKey, updateCluster } from "../../../../manager/api/cluster.ts";
import { revokeNode } from "../../../../shared/pki/revocation.ts";
import type { ClusterSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi } from "../../../support/control-api.ts";
import { createAnnotations, createClusterSpec } from "../../../support/objects.ts";

const request = (spec: ClusterSpec | null, part: object = {}) => ({
  spec: structuredClone(spec) as ClusterSpec | null,
  version: 0,
  rotateWorkerToken: false,
  rotateManagerToken: false,
  rotateGossipKeys: false,
  rotateUnlockKey: false,
  rotateRoot: false,
  rootCert: "",
  rootKey: "",
  ...part,
});

describe("the cluster", () => {
  it("never shows its CA key", async () => {
    const api = await createTestApi();
    assert.equal((await getCluster(api)).rootCa.caKey, "");
    assert.equal((await updateCluster(api, request(null))).rootCa.caKey, "");
    assert.match(api.store.view().cluster().rootCa.caKey, /PRIVATE KEY/);
  });

  it("never shows its gossip keys, only when they were made", async () => {
    const api = await createTestApi();
    const { gossipKeys } = await updateCluster(api, request(null, { rotateGossipKeys: true }));
    assert.deepEqual({ ...gossipKeys, rotatedAtMs: 0 }, { keys: [], generation: 2, rotatedAtMs: 0 });
    assert.equal((await getCluster(api)).gossipKeys?.keys.length, 0);
    assert.equal(api.store.view().cluster().gossipKeys?.keys.length, 3);
  });

  it("makes an unlock key when managers are to be locked, keeps it, rotates it, and shows it to its own call alone", async () => {
    const api = await createTestApi();
    const locked = createClusterSpec({ autoLockManagers: true });
    assert.equal(await getUnlockKey(api), "");
    await assert.rejects(updateCluster(api, request(null, { rotateUnlockKey: true })), {
      code: "failedPrecondition",
      message: "cannot rotate because autolock is not turned on",
    });
    assert.equal((await updateCluster(api, request(locked))).unlockKey, "");
    const first = await getUnlockKey(api);
    assert.match(first, /^SWMKEY-1-/);
    assert.equal((await getCluster(api)).unlockKey, "");
    await updateCluster(api, request(locked, { rotateWorkerToken: true }));
    assert.equal(await getUnlockKey(api), first);
    await updateCluster(api, request(null, { rotateUnlockKey: true }));
    const second = await getUnlockKey(api);
    assert.notEqual(second, first);
    await updateCluster(api, request(createClusterSpec()));
    assert.equal(await getUnlockKey(api), "");
    await updateCluster(api, request(locked));
    assert.equal([first, second, ""].includes(await getUnlockKey(api)), false);
  });

  it("refuses a second rotation of gossip keys before all hosts can have the first", async () => {
    const api = await createTestApi();
    await updateCluster(api, request(null, { rotateGossipKeys: true }));
    await assert.rejects(updateCluster(api, request(null, { rotateGossipKeys: true })), {
      code: "failedPrecondition",
      message: /try again in 10 s/,
    });
    assert.equal(api.store.view().cluster().gossipKeys?.generation, 2);
  });

  it("rotates the token asked for and leaves the other", async () => {
    const api = await createTestApi();
    const before = (await getCluster(api)).rootCa.joinTokens;
    const after = (await updateCluster(api, request(null, { rotateWorkerToken: true }))).rootCa.joinTokens;
    assert.equal(after?.manager, before?.manager);
    assert.notEqual(after?.worker, before?.worker);
    assert.match(after?.worker ?? "", /^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/);
  });

  it("keeps a removed node's name as long as a certificate of before the lifetime was lowered can be valid", async () => {
    const day = 24 * 3_600_000;
    const api = await createTestApi();
    const set = async (nodeCertExpiryMs: number): Promise<number> => {
      const { meta } = await getCluster(api);
      await updateCluster(api, request(createClusterSpec({ nodeCertExpiryMs }), { version: meta.version }));
      return revokeNode(api.store.view().cluster(), "n1", 0).revokedCertificates["n1"]?.expiresAtMs ?? 0;
    };
    assert.ok((await set(day)) > 90 * day, "the cluster began with 90 days");
    assert.ok((await set(200 * day)) > 200 * day);
    assert.ok((await set(day)) > 200 * day);
  });

  it("takes a new spec of the version that was read", async () => {
    const api = await createTestApi();
    const { meta } = await getCluster(api);
    const spec = createClusterSpec({ taskHistoryRetentionLimit: -1 });
    const cluster = await updateCluster(api, request(spec, { version: meta.version }));
    assert.equal(cluster.spec.taskHistoryRetentionLimit, -1);
    await assert.rejects(updateCluster(api, request(spec, { version: meta.version })), { code: "aborted" });
  });

  for (const [claim, part, sentence] of [
    ["a certificate lifetime below one hour", { nodeCertExpiryMs: 3_599_999 }, /at least one hour/],
    ["a heartbeat of 10 ms", { heartbeatPeriodMs: 10 }, /at least 100 ms/],
    ["a negative grace", { disconnectGraceMs: -1 }, /cannot be negative/],
    ["a heartbeat of an hour", { heartbeatPeriodMs: 3_600_000 }, /heartbeat period in ms 3600000: .* in 0\.\.60000/],
    ["a certificate for ever", { nodeCertExpiryMs: 2 ** 60 }, /certificate lifetime/],
    ["a history beyond what is exact", { taskHistoryRetentionLimit: -(2 ** 60) }, /task history limit/],
    ["no snapshots at all", { snapshotInterval: 0 }, /at least one entry/],
    ["snapshots after more than fits into memory", { snapshotInterval: 1_000_001 }, /snapshot interval 1000001/],
    ["more entries for slow followers than fit", { logEntriesForSlowFollowers: 1_000_001 }, /kept for followers/],
    ["another name", { annotations: createAnnotations("other") }, /cannot be renamed/],
  ] as const) {
    it(`refuses ${claim}`, async () => {
      const api = await createTestApi();
      await assert.rejects(updateCluster(api, request(createClusterSpec(part))), {
        code: "invalidArgument",
        message: sentence,
      });
    });
  }
});
