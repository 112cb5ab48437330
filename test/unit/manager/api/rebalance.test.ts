import assert from "node:assert/strict";
import { test } from "node:test";
import { updateCluster } from "../../../../manager/api/cluster.ts";
import { rebalance } from "../../../../manager/api/rebalance.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import type { RebalanceRequest } from "../../../../shared/rpc/gen/control.ts";
import type { RebalanceSettings } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, type TestApi } from "../../../support/control-api.ts";
import { createClusterSpec, createNode, createService, createTask, testId } from "../../../support/objects.ts";

const ask = (action: RebalanceRequest["action"], part: Partial<RebalanceRequest> = {}): RebalanceRequest => ({
  action,
  movesMax: 0,
  gainMin: 0,
  ...part,
});

/** Three tasks on n1, none on n2. */
async function uneven(): Promise<TestApi> {
  const api = await createTestApi();
  const web = createService("web", { replicas: 3 });
  await api.store.update("objects", (tx) => {
    for (const id of ["n1", "n2"]) tx.create("node", createNode(id));
    tx.create("service", web);
    for (const slot of [1, 2, 3]) {
      tx.create("task", createTask(`t${slot}`, web, { slot, nodeId: testId<NodeId>("n1") }));
    }
  });
  return api;
}

test("a plan says what would be moved, and changes nothing", async () => {
  const api = await uneven();
  const { version } = api.store.view();
  const { moves, status } = await rebalance(api, ask("PLAN"));
  assert.deepEqual(
    moves.map(({ task, from, to, gain, reason }) => [task, from, to, gain, reason]),
    [["web.3", "n1", "n2", 2, "n1 runs 3 tasks of web, n2 none"]],
  );
  assert.equal(status, null);
  assert.equal(api.store.view().version, version);
});

test("a start is remembered until it is over, and refused meanwhile", async () => {
  const api = await uneven();
  const { moves, status } = await rebalance(api, ask("START", { movesMax: 7 }));
  assert.equal(moves.length, 1);
  assert.deepEqual([status?.endedAtMs, status?.movesLeft, status?.movesBegun], [0, 7, 0]);
  await assert.rejects(rebalance(api, ask("START")), {
    code: "failedPrecondition",
    message: "tasks are being moved already, up to 7 more: wait for that, or end it with --stop",
  });
  const stopped = await rebalance(api, ask("STOP"));
  assert.notEqual(stopped.status?.endedAtMs, 0);
  assert.equal((await rebalance(api, ask("START"))).status?.movesLeft, 100);
});

test("a stop lets tasks stay that were about to leave", async () => {
  const api = await uneven();
  const move = { nodeId: testId<NodeId>("n2"), startedAtMs: 1, reason: "uneven" };
  await api.store.update("move", (tx) => {
    const task = tx.get("task", testId<TaskId>("t1"));
    if (task !== undefined) tx.update("task", { ...task, move });
  });
  const [underWay] = (await rebalance(api, ask("STATUS"))).moves;
  assert.deepEqual([underWay?.task, underWay?.from, underWay?.to, underWay?.state], ["web.1", "n1", "n2", "NEW"]);
  await rebalance(api, ask("STOP"));
  assert.equal(api.store.view().get("task", testId<TaskId>("t1"))?.move, null);
});

test("numbers beyond reason are refused", async () => {
  const api = await uneven();
  for (const [part, message] of [
    [{ movesMax: 1.5 }, /number of moves/],
    [{ gainMin: -1 }, /least gain/],
  ] as const)
    await assert.rejects(rebalance(api, ask("PLAN", part)), { code: "invalidArgument", message });
});

const SETTINGS: RebalanceSettings = { background: true, parallelism: 0, gainMin: 0, cooldownMs: 0 };
for (const [part, message] of [
  [{ parallelism: 1_001 }, /number of moves at the same time/],
  [{ gainMin: 0.5 }, /least gain of a move/],
  [{ cooldownMs: -1 }, /rebalance cooldown/],
] as const) {
  test(`settings are checked: ${Object.keys(part).join()}`, async () => {
    const api = await createTestApi();
    const request = {
      ...{ version: 0, rotateWorkerToken: false, rotateManagerToken: false, rotateGossipKeys: false },
      ...{ rotateUnlockKey: false, rotateRoot: false, rootCert: "", rootKey: "" },
    };
    const spec = createClusterSpec({ rebalance: { ...SETTINGS, ...part } });
    await assert.rejects(updateCluster(api, { ...request, spec }), { code: "invalidArgument", message });
    await updateCluster(api, { ...request, spec: createClusterSpec({ rebalance: SETTINGS }) });
  });
}
