/** What the control API does about jobs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createService, listServices, updateService } from "../../../../manager/api/service.ts";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import type { Service, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { Schedule, ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { ROLLOUT_DEFAULTS } from "../../../../shared/service-spec/defaults.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;

async function create(api: TestApi, parts: make.ServiceSpecParts): Promise<Service> {
  const request = { spec: wire(make.createServiceSpec(parts)), noResolveImage: true, login: null };
  return (await createService(api, request, never)).service;
}

async function update(api: TestApi, service: Service, spec: ServiceSpec | null): Promise<Service> {
  const request = {
    ...{ ...NO_CHANGE, ref: service.id, version: service.meta.version, noResolveImage: true, rollback: spec === null },
    spec: spec && wire(spec),
  };
  return (await updateService(api, request, never)).service;
}

describe("a job", () => {
  it("begins with run 0, and every new spec is a run more, even one that changes nothing", async () => {
    const api = await createTestApi();
    const job = await create(api, { job: { total: 2, max: 1 } });
    assert.equal(job.jobStatus?.iteration, 0);
    assert.ok((job.jobStatus?.lastExecutionMs ?? 0) > 0);
    const again = await update(api, job, job.spec);
    assert.deepEqual([again.jobStatus?.iteration, again.generation], [1, 2]);
  });

  it("that goes back begins a run, too, and no update that would have to be watched", async () => {
    const api = await createTestApi();
    const job = await create(api, { job: "global" });
    const back = await update(api, await update(api, job, job.spec), null);
    assert.deepEqual([back.jobStatus?.iteration, back.updateStatus], [2, null]);
  });

  it("is listed by its mode, with how much of it is done", async () => {
    const api = await createTestApi();
    const job = await create(api, { name: "batch", job: { total: 5, max: 2 } });
    await create(api, { name: "web" });
    await api.store.update("tasks", (tx) => {
      for (const [slot, state] of [
        [1, "COMPLETE"],
        [2, "RUNNING"],
        [3, "PENDING"],
      ] as const) {
        tx.create("task", make.createTask(`t${slot}`, job, { slot, state }));
      }
    });
    const filter = { idPrefixes: [], namePrefixes: [], labels: [], modes: ["replicatedJob"] };
    const [found, ...others] = await listServices(api, filter);
    assert.deepEqual([found?.runningTasks, found?.desiredTasks, found?.completedTasks, others.length], [1, 2, 1, 0]);
  });

  it("cannot become a service that runs on", async () => {
    const api = await createTestApi();
    const job = await create(api, { job: { total: 1, max: 1 } });
    const changed = update(api, job, make.createServiceSpec({ replicas: 1 }));
    await assert.rejects(changed, { code: "unimplemented", message: /mode change is not allowed.*replicated job/ });
  });
});

const rollout = { ...ROLLOUT_DEFAULTS, delayMs: 1 };
const refused: readonly [claim: string, parts: make.ServiceSpecParts, sentence: RegExp][] = [
  ["update settings", { job: "global", update: rollout }, /^a job cannot have an update configuration/],
  ["rollback settings", { job: { total: 1, max: 1 }, rollback: rollout }, /^a job cannot have a rollback config/],
  ["too many completions", { job: { total: 100_001, max: 1 } }, /^invalid number of completions 100001/],
  ["a negative number at once", { job: { total: 1, max: -1 } }, /^invalid maximum of concurrent tasks -1/],
];
for (const [claim, parts, message] of refused) {
  it(`a job with ${claim} is refused`, () => {
    assert.throws(() => validateServiceSpec(make.createServiceSpec(parts)), { code: "invalidArgument", message });
  });
}

const every: Schedule = { cron: "0 3 * * *", timeZone: "", concurrency: "FORBID", startDeadlineMs: 0, history: 0 };
const scheduled = (part: Partial<Schedule> = {}): make.ServiceSpecParts => ({
  job: { total: 1, max: 1 },
  schedule: { ...every, ...part },
});

describe("a job with a schedule", () => {
  const runNow = async (api: TestApi, { id }: Service): Promise<Service> => {
    const version = api.store.view().get("service", id)?.meta.version ?? 0;
    const request = { ...NO_CHANGE, ref: id, version, runNow: true };
    return (await updateService(api, request, never)).service;
  };

  it("begins no run when it is made or changed", async () => {
    const api = await createTestApi();
    const job = await create(api, scheduled());
    assert.deepEqual([job.jobStatus?.iteration, job.jobStatus?.lastExecutionMs], [0, 0]);
    const again = await update(api, job, job.spec);
    assert.deepEqual([again.jobStatus?.iteration, again.jobStatus?.lastExecutionMs], [0, 0]);
  });

  it("runs now when it is told to, unless its schedule forbids it beside another run", async () => {
    const api = await createTestApi();
    const job = await create(api, scheduled());
    const running = await runNow(api, job);
    assert.deepEqual([running.jobStatus?.iteration, running.generation], [0, 1]);
    assert.ok((running.jobStatus?.lastExecutionMs ?? 0) > 0);
    await assert.rejects(runNow(api, job), { code: "failedPrecondition", message: /is at work/ });
  });

  it("runs now beside another run, or instead of it, as its schedule says", async () => {
    const api = await createTestApi();
    const both = await create(api, { name: "both", ...scheduled({ concurrency: "ALLOW" }) });
    await runNow(api, both);
    assert.deepEqual((await runNow(api, both)).jobStatus?.earlierRuns, [0]);
    const one = await create(api, { name: "one", ...scheduled({ concurrency: "REPLACE" }) });
    await runNow(api, one);
    assert.deepEqual((await runNow(api, one)).jobStatus?.earlierRuns, []);
    const web = await create(api, { name: "web" });
    await assert.rejects(runNow(api, web), { code: "invalidArgument", message: /^service web is no job/ });
  });
});

const wrongSchedules: readonly [claim: string, parts: make.ServiceSpecParts, message: RegExp][] = [
  ["of a service that runs on", { schedule: every }, /^only a job can have a schedule/],
  ["that is none", scheduled({ cron: "at noon" }), /^invalid schedule "at noon": expected five fields/],
  ["that never comes", scheduled({ cron: "0 0 30 2 *" }), /^invalid schedule "0 0 30 2 \*": there is no such day$/],
  ["in no time zone", scheduled({ timeZone: "Berlin" }), /^unknown time zone "Berlin"/],
  ["of nothing", scheduled({ cron: "", timeZone: "UTC" }), /needs a schedule$/],
  ["with a negative deadline", scheduled({ startDeadlineMs: -1 }), /^invalid start deadline -1 ms/],
];
for (const [claim, parts, message] of wrongSchedules) {
  it(`a schedule ${claim} is refused`, () => {
    assert.throws(() => validateServiceSpec(make.createServiceSpec(parts)), { code: "invalidArgument", message });
  });
}
