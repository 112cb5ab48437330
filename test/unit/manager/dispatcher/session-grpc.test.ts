import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { createDispatcher } from "../../../../manager/dispatcher/dispatcher.ts";
import { createLogGatherer } from "../../../../manager/logs/log-gatherer.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { type NodeIdentity, toTlsMaterial } from "../../../../shared/pki/bootstrap.ts";
import type { KeyedCertificate } from "../../../../shared/pki/issue.ts";
import { TlsCredentials } from "../../../../shared/pki/tls-credentials.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import { connect } from "../../../../shared/rpc/client.ts";
import { bidi } from "../../../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../../../shared/rpc/not-leader.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { Scope } from "../../../../shared/scope.ts";
import { Agent } from "../../../../worker/agent/agent.ts";
import { createGrpcSessionTransport } from "../../../../worker/agent/grpc-session-transport.ts";
import { LevelAgentDatabase } from "../../../../worker/ports/level-agent-database.ts";
import {
  FakeExecutor,
  FakeMembership,
  FakeNetwork,
  noCarrier,
  noGuests,
  noLogins,
  noMeter,
  noNames,
} from "../../../support/fake-worker.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster, createNetwork, createNode, createService, createTask } from "../../../support/objects.ts";
import { waitFor } from "../../../support/wait.ts";
import { CLUSTER_ID, createTestCa, createTestIdentity } from "../../shared/pki/fixtures.ts";

/** For a hang. */
const WAIT_MS_MAX = 180_000;
const NODE_ID = "w".repeat(25) as NodeId;
let ca: KeyedCertificate;
let managerIdentity: NodeIdentity;
let workerIdentity: NodeIdentity;

before(async () => {
  ca = await createTestCa();
  managerIdentity = await createTestIdentity(ca, { nodeId: "m".repeat(25), role: "MANAGER" });
  workerIdentity = await createTestIdentity(ca, { nodeId: NODE_ID });
});

/** A manager that serves on loopback with TLS, over a store in memory. */
async function startManager(part: { readonly leads: boolean; readonly leaderAddress?: () => string | null }) {
  const store = createMemoryStore();
  const service = createService("web");
  await store.update("begin", (tx) => {
    tx.create("cluster", { ...createCluster(), id: CLUSTER_ID as never });
    tx.create("network", createNetwork("ingress"));
    tx.create("service", service);
    tx.create("node", { ...createNode("n1", { state: "UNKNOWN" }), id: NODE_ID, description: null });
  });
  const base = { store, clock: systemClock, random: systemRandom, log: silentLogger };
  const leaderAddress = part.leaderAddress ?? (() => null);
  const dispatcher = createDispatcher({ ...base, leaderAddress, memberAddresses: () => [] });
  const logs = createLogGatherer({ ...base, leaderAddress, subscribeLogs: dispatcher.subscribeLogs });
  const credentials = new TlsCredentials(toTlsMaterial(managerIdentity));
  const server = new RpcServer({ kind: "tls", host: "127.0.0.1", port: 0, credentials }, { log: silentLogger });
  server.add(services.dispatcher, {
    publishLogs: logs.publishLogs,
    carry: bidi(async () => {}),
    ...dispatcher.handlers,
  });
  server.add(services.logs, { subscribe: logs.subscribe });
  const address = await server.listen();
  const scope = new Scope(silentLogger);
  if (part.leads) {
    dispatcher.lead(scope);
    logs.lead(scope);
  }
  const stop = async (): Promise<void> => {
    await scope.end();
    await server.stop(0);
  };
  return { store, service, dispatcher, address, scope, credentials, [Symbol.asyncDispose]: stop };
}

async function startWorker(managers: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "agent-test-"));
  const executor = new FakeExecutor(systemClock);
  const credentials = new TlsCredentials(toTlsMaterial(workerIdentity));
  const events = { removed: 0, views: 0 };
  const agent = await Agent.start(
    { nodeId: NODE_ID, managers },
    { onClusterView: () => events.views++, onRemoved: () => events.removed++ },
    {
      transport: createGrpcSessionTransport(() => credentials, systemClock),
      executor,
      network: new FakeNetwork(systemClock),
      names: noNames,
      logins: noLogins,
      membership: new FakeMembership(),
      database: await LevelAgentDatabase.open(directory),
      describe: () => mustHave(createNode("n1").description, "description"),
      examine: () => Promise.reject(new Error("not in this test")),
      readMeter: noMeter,
      carrier: noCarrier,
      guests: noGuests,
      bootClock: () => ({ bootId: "boot", upMs: systemClock.now() }),
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
    },
  );
  const stop = async (): Promise<void> => {
    await agent.stop({ keepContainers: true });
    await rm(directory, { recursive: true, force: true });
  };
  return { agent, executor, events, [Symbol.asyncDispose]: stop };
}

test("over TLS: a follower's hint leads to the leader, a task runs, its logs are read, a removed node is told", async () => {
  await using leader = await startManager({ leads: true });
  await using follower = await startManager({ leads: false, leaderAddress: () => leader.address });
  await using worker = await startWorker([follower.address]);
  await worker.agent.registered(AbortSignal.timeout(WAIT_MS_MAX));
  const task = createTask("t1", leader.service, { state: "ASSIGNED", nodeId: NODE_ID });
  await leader.store.update("assign", (tx) => tx.create("task", task));
  const state = (): string | undefined => leader.store.view().get("task", task.id)?.status.state;
  await waitFor("it runs", () => state() === "RUNNING");
  // It came through loopback, which would mean another host to the next leader.
  assert.equal(leader.store.view().get("node", NODE_ID)?.status.address, "10.77.0.9");

  worker.executor.say(task.id as TaskId, "hello");
  await using client = connect(services.logs, leader.address, leader.credentials);
  const options = { follow: false, tail: -1, sinceMs: 0 };
  const texts: string[] = [];
  for await (const answer of client.subscribe({ ref: "web", options })) {
    assert.deepEqual(answer.errors, []);
    texts.push(...answer.lines.map((line) => `${line.nodeId.slice(0, 2)} ${line.text.toString()}`));
  }
  assert.deepEqual(texts, ["ww hello"]);

  await leader.store.update("node rm", (tx) => tx.remove("node", NODE_ID));
  await waitFor("it is told", () => worker.events.removed === 1);
});

test("over TLS: who does not lead refuses with the leader's address; who is no node may not open a session", async () => {
  await using follower = await startManager({ leads: false, leaderAddress: () => "10.77.0.1:2377" });
  await using leader = await startManager({ leads: true });
  const node = new TlsCredentials(toTlsMaterial(workerIdentity));
  await using refused = connect(services.dispatcher, follower.address, node);
  await assert.rejects(
    async () => {
      for await (const _ of refused.session().messages) assert.fail("nothing is said");
    },
    (error) => error instanceof NotLeaderError && error.leaderAddress === "10.77.0.1:2377",
  );
  await using nobody = connect(services.dispatcher, leader.address, "untrusted");
  await assert.rejects(
    async () => {
      for await (const _ of nobody.session().messages) assert.fail("nothing is said");
    },
    { code: "unauthenticated" },
  );
});

test("over TLS: a worker goes on with the next session when its leader stops leading and leads again", async () => {
  await using leader = await startManager({ leads: true });
  await using worker = await startWorker([leader.address]);
  await worker.agent.registered(AbortSignal.timeout(WAIT_MS_MAX));
  await leader.scope.end();
  const again = new Scope(silentLogger);
  leader.dispatcher.lead(again);
  await waitFor("it is in session again", () => leader.dispatcher.trace(NODE_ID)?.isOpen === true);
  await again.end();
});
