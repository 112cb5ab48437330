import assert from "node:assert/strict";
import { test } from "node:test";
import { createService, removeService, updateService } from "../../../../manager/api/service.ts";
import type { Service, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { Dependency, ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;
const on = (...words: readonly string[]): readonly Dependency[] =>
  words.map((word) => {
    const [service = "", condition = "STARTED"] = word.split(":");
    return { service, condition: condition as Dependency["condition"] };
  });

async function create(api: TestApi, parts: make.ServiceSpecParts): Promise<Service> {
  const request = { spec: wire(make.createServiceSpec(parts)), noResolveImage: true, login: null };
  return (await createService(api, request, never)).service;
}

function update(api: TestApi, service: Service, change: Partial<ServiceSpec>) {
  const version = api.store.view().get("service", service.id)?.meta.version ?? 0;
  const spec = wire({ ...service.spec, ...change } as ServiceSpec);
  return updateService(api, { ...NO_CHANGE, ref: service.id, version, spec, noResolveImage: true }, never);
}

test("a dependency is kept by the other's name, however it was given", async () => {
  const api = await createTestApi();
  const db = await create(api, { name: "Db" });
  const web = await create(api, { name: "web", dependsOn: on("db") });
  assert.deepEqual(web.spec.dependsOn, on("Db"));
  assert.deepEqual((await create(api, { name: "api", dependsOn: on(db.id) })).spec.dependsOn, on("Db"));
});

test("a service that is gone may stay in a spec that has it, and may not be added", async () => {
  const api = await createTestApi();
  await create(api, { name: "db" });
  const web = await create(api, { name: "web", dependsOn: on("db") });
  assert.deepEqual(await removeService(api, "DB"), ["web"], "whoever removes it hears who depends on it");
  const { service } = await update(api, web, { annotations: make.createAnnotations("web", { a: "b" }) });
  assert.deepEqual(service.spec.dependsOn, on("db"));
  await assert.rejects(create(api, { name: "other", dependsOn: on("db") }), { code: "notFound", message: /db/ });
});

test("services that would wait for each other are refused, with the way round", async () => {
  const api = await createTestApi();
  const db = await create(api, { name: "db" });
  await create(api, { name: "api", dependsOn: on("db") });
  await create(api, { name: "web", dependsOn: on("api", "db") });
  const message = "these services would wait for each other for ever: db -> web -> db";
  await assert.rejects(update(api, db, { dependsOn: on("web") }), { code: "invalidArgument", message });
  assert.deepEqual(api.store.view().byName("service", "db")?.spec.dependsOn, [], "nothing has changed");
});

const refused: readonly [claim: string, dependsOn: readonly Dependency[], message: RegExp][] = [
  ["on itself", on("web"), /^service web cannot depend on itself$/],
  ["twice on the same", on("db", "DB:HEALTHY"), /^the dependency on service "DB" is given twice$/],
  ["on nothing", on(""), /^a dependency needs the name of a service$/],
  ["on the health of a job", on("job:HEALTHY"), /^service job is a job, whose tasks end: depend on it being started/],
  ["on the end of what never ends", on("db:COMPLETED"), /^service db never completes: it is no job/],
];
for (const [claim, dependsOn, message] of refused) {
  test(`a dependency ${claim} is refused`, async () => {
    const api = await createTestApi();
    await create(api, { name: "db" });
    await create(api, { name: "job", job: "global" });
    await assert.rejects(create(api, { name: "web", dependsOn }), { code: "invalidArgument", message });
  });
}
