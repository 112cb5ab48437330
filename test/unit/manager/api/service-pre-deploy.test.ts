import assert from "node:assert/strict";
import { test } from "node:test";
import { createService, listServices, removeService, updateService } from "../../../../manager/api/service.ts";
import { planService } from "../../../../manager/api/service-plan.ts";
import { listTasks } from "../../../../manager/api/task.ts";
import { preDeployJobSpec } from "../../../../manager/tasks/pre-deploy.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { Service, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { UpdateServiceRequest } from "../../../../shared/rpc/gen/control.ts";
import type { ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;
const preDeploy = { command: ["migrate"], timeoutMs: 0 };

async function create(api: TestApi, parts: make.ServiceSpecParts = { preDeploy }): Promise<Service> {
  const request = { spec: wire(make.createServiceSpec(parts)), noResolveImage: true, login: null };
  return (await createService(api, request, never)).service;
}

const ask = (api: TestApi, service: Service, parts: Partial<UpdateServiceRequest>) =>
  updateService(
    api,
    { ...NO_CHANGE, ref: service.id, version: service.meta.version, noResolveImage: true, ...parts },
    never,
  );

/** A service with its job, as the updater makes it, and a task of each. */
async function withJob(): Promise<{ readonly api: TestApi; readonly job: Service }> {
  const api = await createTestApi();
  const service = await create(api);
  const made = { ...make.createService("job", { job: { total: 1, max: 1 } }), spec: preDeployJobSpec(service) };
  await api.store.update("the updater", (tx) => {
    tx.create("service", { ...made, preDeployOf: service.id });
    tx.create("task", make.createTask("t1", service));
    tx.create("task", make.createTask("t2", made));
  });
  return { api, job: mustHave(api.store.view().byName("service", "web.pre-deploy"), "the job") };
}

const ALL = { idPrefixes: [], namePrefixes: [], labels: [], modes: [] };

test("the job of a pre-deploy command is left out of lists unless it is asked for, and its tasks are its service's", async () => {
  const { api } = await withJob();
  const names = (found: Awaited<ReturnType<typeof listServices>>) =>
    found.map(({ service }) => service.spec.annotations.name);
  assert.deepEqual(names(await listServices(api, ALL)), ["web"]);
  assert.deepEqual(names(await listServices(api, { ...ALL, namePrefixes: ["web"] })), ["web"]);
  assert.deepEqual(names(await listServices(api, { ...ALL, namePrefixes: ["web."] })), ["web.pre-deploy"]);
  const filter = { idPrefixes: [], namePrefixes: [], services: ["web"], nodes: [], desiredStates: [], upToDate: false };
  assert.deepEqual(
    (await listTasks(api, filter)).map(({ id }) => id),
    [make.testId("t1"), make.testId("t2")],
  );
});

test("the job is changed and removed with its service only", async () => {
  const { api, job } = await withJob();
  const refusal = /^service web\.pre-deploy runs the pre-deploy command of service web: change or remove that one$/;
  await assert.rejects(ask(api, job, { spec: wire(job.spec) }), { message: refusal });
  await assert.rejects(ask(api, job, { runNow: true }), { message: refusal });
  await assert.rejects(removeService(api, "web.pre-deploy"), { message: refusal });
  await removeService(api, "web");
  assert.deepEqual(api.store.view().all("service"), []);
});

test("the job keeps nothing from being removed that its service does not use", async () => {
  const { api, job } = await withJob();
  const used = { target: make.testId("net"), aliases: [], driverOptions: {} };
  await api.store.update("the updater", (tx) =>
    tx.update("service", { ...job, spec: { ...job.spec, task: { ...job.spec.task, networks: [used] } } }),
  );
  assert.deepEqual(api.store.view().referring("service", "network", used.target), []);
});

test("what was never deployed cannot be gone back to, and what waits for its command can be aborted", async () => {
  const api = await createTestApi();
  const service = await create(api);
  await assert.rejects(ask(api, service, { rollback: true }), { message: /^service web has never been deployed/ });
  await api.store.update("the updater", (tx) =>
    tx.update("service", { ...service, preDeploy: service.preDeploy && { ...service.preDeploy, state: "SUCCEEDED" } }),
  );
  const second = { ...service.spec, task: make.createTaskSpec({ forceUpdate: 1 }) };
  const present = () => mustHave(api.store.view().byName("service", "web"), "the service");
  await ask(api, present(), { spec: wire(second) });
  assert.equal(present().preDeploy?.base?.task.forceUpdate, 0);
  await ask(api, present(), { abort: true });
  assert.deepEqual(
    [present().spec.task.forceUpdate, present().preDeploy, present().updateStatus?.state],
    [0, null, "ROLLBACK_STARTED"],
  );
});

test("a plan says that the command comes first, and what comes after it", async () => {
  const api = await createTestApi();
  const service = await create(api);
  await api.store.update("the updater", (tx) => {
    tx.update("service", { ...service, preDeploy: null });
    tx.create("task", make.createTask("t1", service));
  });
  const spec = wire({ ...service.spec, task: make.createTaskSpec({ forceUpdate: 1 }) });
  const request = { ref: "web", spec, noResolveImage: true, rollback: false, rollbackTo: 0 };
  const plan = await planService(api, request, never);
  assert.deepEqual(
    [plan.waiting, plan.slots.map(({ action }) => action)],
    ["waiting for its pre-deploy command", ["REPLACE"]],
  );
});

test("a pre-deploy command is refused for jobs, and a timeout needs one", async () => {
  const api = await createTestApi();
  const rows = [
    [{ job: { total: 1, max: 1 }, preDeploy }, /^a job has no pre-deploy command: make a job of it/],
    [{ preDeploy: { command: [], timeoutMs: 5 } }, /^a pre-deploy timeout needs a pre-deploy command$/],
    [{ preDeploy: { command: ["a"], timeoutMs: -5 } }, /^invalid pre-deploy timeout -5 ms: it cannot be negative$/],
    [{ preDeploy: { command: ["a\0"], timeoutMs: 0 } }, /NUL|zero|character/i],
  ] as const;
  for (const [parts, message] of rows) await assert.rejects(create(api, parts), { message });
});
