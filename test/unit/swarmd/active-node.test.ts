import assert from "node:assert/strict";
import { test } from "node:test";
import { CertificateAuthority } from "../../../manager/ca/certificate-authority.ts";
import { createCluster, createNode } from "../../../manager/ca/first-objects.ts";
import type { ClusterId, NodeId } from "../../../shared/ids.ts";
import { silentLogger } from "../../../shared/log.ts";
import { toTlsMaterial } from "../../../shared/pki/bootstrap.ts";
import { KeyLock } from "../../../shared/pki/key-lock.ts";
import { KeyStore, SECRET_NODE_FILES } from "../../../shared/pki/key-store.ts";
import { systemCrypto } from "../../../shared/pki/ports/crypto-engine.ts";
import { TlsCredentials } from "../../../shared/pki/tls-credentials.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";
import { RpcServer } from "../../../shared/rpc/rpc-server.ts";
import { services } from "../../../shared/rpc/schema.ts";
import { ActiveNode } from "../../../swarmd/active-node.ts";
import type { NodeRecord } from "../../../swarmd/node-record.ts";
import type { ManagerRuntime, RuntimeFactory, WorkerEvents, WorkerRuntime } from "../../../swarmd/runtimes.ts";
import { MemoryKeyFiles } from "../../support/level-storage.ts";
import { waitFor } from "../../support/wait.ts";
import { FakeStore } from "../manager/ca/fake-store.ts";
import { CLUSTER_ID, createTestCa, createTestIdentity } from "../shared/pki/fixtures.ts";

const ID = "m".repeat(25) as NodeId;
const OTHER = "o".repeat(25) as NodeId;

test("a manager that was demoted and promoted unheard ends, wipes its log, and begins as a new one", async () => {
  const ca = await createTestCa();
  const store = new FakeStore();
  store.put("cluster", createCluster(CLUSTER_ID as ClusterId, ca, systemRandom, 0, 4789));
  const about = { role: "MANAGER", availability: "ACTIVE", hostname: "h", address: "", nowMs: 0 } as const;
  const node = { ...createNode({ ...about, id: ID }), roleGeneration: 3 };
  store.put("node", node);
  const other = new TlsCredentials(toTlsMaterial(await createTestIdentity(ca, { nodeId: OTHER, role: "MANAGER" })));
  const base = { engine: systemCrypto, clock: systemClock, random: systemRandom, log: silentLogger };
  await using authority = new RpcServer(
    { kind: "tls", host: "127.0.0.1", port: 0, credentials: other },
    { log: silentLogger },
  ).add(services.certificateAuthority, new CertificateAuthority({ ...base, store }).handlers());
  const managers = [await authority.listen()];

  const did: string[] = [];
  const saved: NodeRecord[] = [];
  let told: WorkerEvents["onClusterView"] = () => {};
  const runtimes: RuntimeFactory = {
    async startManager() {
      did.push("manager");
      return { [Symbol.asyncDispose]: async () => void did.push("manager stopped") } as unknown as ManagerRuntime;
    },
    async startWorker(_active, events) {
      told = (view) => events.onClusterView(view);
      return { stop: async () => {} } as unknown as WorkerRuntime;
    },
    recallTasks: async () => {},
    clearWorker: async () => [],
    standAlone: async () => {},
    recoverManager: () => Promise.reject(new Error("not in this test")),
    wipeManager: async () => void did.push("wipe"),
  };
  const lock = await KeyLock.open(new MemoryKeyFiles(), SECRET_NODE_FILES, systemRandom);
  const fatal: unknown[] = [];
  const active = await ActiveNode.start({
    ...base,
    identity: await createTestIdentity(ca, { nodeId: ID, role: "MANAGER", roleGeneration: 1 }),
    record: {
      format: 1,
      nodeId: ID,
      clusterId: CLUSTER_ID as ClusterId,
      role: "MANAGER",
      roleGeneration: 1,
      advertiseAddress: "127.0.0.1:1",
      listenAddress: "127.0.0.1:1",
      dataPathAddress: "127.0.0.1",
      managers,
    },
    start: { kind: "resume" },
    records: { load: async () => null, save: async (record) => void saved.push(record), forget: async () => {} },
    keys: new KeyStore(lock),
    lock,
    runtimes,
    isPatient: false,
    onFatal: (error) => fatal.push(error),
    onRemoved: () => {},
  });
  did.length = 0;
  const rest = { managers, rootCa: ca.certificate, gossipKeys: null, gossipAddresses: [], certificateRoot: "", era: 0 };
  told({ ...rest, node, heartbeatPeriodMs: 500 });
  await waitFor("another manager", async () => did.includes("manager"));
  assert.deepEqual(did, ["manager stopped", "wipe", "manager"]);
  assert.equal(saved.at(-1)?.roleGeneration, 3);
  await active.stop();
  assert.deepEqual(fatal, []);
});
