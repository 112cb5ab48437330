import assert from "node:assert/strict";
import { test } from "node:test";
import { createService, getService, updateService } from "../../../../manager/api/service.ts";
import { replicasOf } from "../../../../manager/tasks/replicas.ts";
import type { Service } from "../../../../shared/objects/types.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import {
  createContainerSpec,
  createResources,
  createServiceSpec,
  createTaskSpec,
  type ServiceSpecParts,
  scaled,
} from "../../../support/objects.ts";

const HALF_A_CPU = createResources({ nanoCpus: 5e8 });
const specOf = (parts: ServiceSpecParts = {}) =>
  createServiceSpec({
    autoscale: "min=2,max=10,cpu=60%",
    task: createTaskSpec({ reservations: HALF_A_CPU }),
    ...parts,
  });

const create = (api: TestApi, parts: ServiceSpecParts = {}) =>
  createService(api, { spec: specOf(parts), noResolveImage: true, login: null }, never);

async function update(api: TestApi, spec: Service["spec"], replicasGiven = false): Promise<Service> {
  const { id, meta } = await getService(api, "web");
  const request = { ...NO_CHANGE, ref: id, version: meta.version, spec, noResolveImage: true, replicasGiven };
  return (await updateService(api, request, never)).service;
}

async function rollBack(api: TestApi, rollbackTo = 0): Promise<Service> {
  const { id, meta } = await getService(api, "web");
  const request = { ...NO_CHANGE, ref: id, version: meta.version, rollback: true, rollbackTo };
  return (await updateService(api, request, never)).service;
}

/** As the loop does it. */
async function decide(api: TestApi, replicas: number): Promise<void> {
  await api.store.update("autoscale", (tx) => {
    const service = tx.byName("service", "web");
    if (service !== undefined) tx.update("service", { ...service, autoscaleStatus: { replicas, atMs: 1, reason: "" } });
  });
}

for (const [parts, message] of [
  [{ autoscale: "min=3,max=2,cpu=60%" }, /^invalid autoscale "min=3,max=2,cpu=60%": max=2 is less than min=3$/],
  [{ task: createTaskSpec() }, /^autoscale by cpu=60% needs --reserve-cpu or --limit-cpu: it is a percentage/],
  [{ autoscale: "max=2,memory=60%" }, /^autoscale by memory=60% needs --reserve-memory or --limit-memory/],
  [
    { task: createTaskSpec({ reservations: HALF_A_CPU, container: createContainerSpec({ cgroupParent: "/own" }) }) },
    /^autoscale cannot measure tasks with --cgroup-parent/,
  ],
  [{ replicas: 11 }, /^invalid number of replicas 11: autoscale allows 2 to 10;/],
] as const) {
  test(`refused: ${JSON.stringify(parts)}`, async () => {
    const api = await createTestApi();
    await assert.rejects(create(api, parts), { code: "invalidArgument", message });
    assert.deepEqual(api.store.view().all("service"), []);
  });
}

test("a limit will do where nothing is reserved", async () => {
  const api = await createTestApi();
  const { service } = await create(api, { task: createTaskSpec({ limits: HALF_A_CPU }) });
  assert.equal(replicasOf(service), 2, "the least number takes the place of one that nobody gave");
});

test("a new spec keeps the number that was decided, unless it says another one", async () => {
  const api = await createTestApi();
  await create(api, { replicas: 3 });
  await decide(api, 7);
  const same = await update(api, specOf({ replicas: 3, labels: { a: "b" } }));
  assert.equal(replicasOf(same), 7, "a deployment does not throw it back");
  assert.equal(replicasOf(await update(api, specOf({ replicas: 4 }))), 4);
  await decide(api, 7);
  assert.equal(replicasOf(await update(api, specOf({ replicas: 4 }), true)), 4, "somebody has just said 4");
});

test("a number that somebody gives has to be within the bounds", async () => {
  const api = await createTestApi();
  await create(api);
  await assert.rejects(update(api, scaled(specOf(), 1), true), {
    code: "invalidArgument",
    message: /^invalid number of replicas 1: autoscale allows 2 to 10;/,
  });
});

test("without rules the spec's number counts again, and what was decided is forgotten", async () => {
  const api = await createTestApi();
  await create(api, { replicas: 3 });
  await decide(api, 7);
  assert.equal(replicasOf(await update(api, specOf({ replicas: 3, autoscale: "" }))), 3);
  assert.equal(replicasOf(await update(api, specOf({ replicas: 3 }))), 3);
});

test("a spec without rules that is gone back to forgets what was decided; one with them keeps it", async () => {
  const api = await createTestApi();
  await create(api, { replicas: 3, autoscale: "" });
  await update(api, specOf({ replicas: 3 }));
  await decide(api, 7);
  await update(api, specOf({ replicas: 3, labels: { a: "b" } }));
  const back = await rollBack(api);
  assert.equal(replicasOf(back), 7);
  const further = await rollBack(api, 1);
  assert.deepEqual([replicasOf(further), further.autoscaleStatus], [3, null]);
});

test("other rules hold at once, for what was decided as well", async () => {
  const api = await createTestApi();
  await create(api, { replicas: 3 });
  await decide(api, 7);
  assert.equal(replicasOf(await update(api, specOf({ replicas: 3, autoscale: "min=2,max=5,cpu=60%" }))), 5);
});
