import assert from "node:assert/strict";
import { test } from "node:test";
import { createService, removeService, updateService } from "../../../../manager/api/service.ts";
import { parseAffinity } from "../../../../shared/affinity.ts";
import type { Service, ServiceSpec, TaskSpec } from "../../../../shared/objects/types.ts";
import type { ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;
const near = (...texts: readonly string[]): TaskSpec =>
  make.createTaskSpec({ placement: { ...ANYWHERE, affinities: texts.map(parseAffinity) } });

async function create(api: TestApi, parts: make.ServiceSpecParts): Promise<Service> {
  const request = { spec: wire(make.createServiceSpec(parts)), noResolveImage: true, login: null };
  return (await createService(api, request, never)).service;
}

async function update(api: TestApi, service: Service, task: TaskSpec): Promise<Service> {
  const version = api.store.view().get("service", service.id)?.meta.version ?? 0;
  const spec = wire({ ...service.spec, task });
  const request = { ...NO_CHANGE, ref: service.id, version, spec, noResolveImage: true };
  return (await updateService(api, request, never)).service;
}

const namesOf = ({ spec }: Service): readonly string[] =>
  (spec.task.placement?.affinities ?? []).map(({ service }) => service);

test("an affinity is kept by the other's name, however it was given, and may be to the service itself", async () => {
  const api = await createTestApi();
  const db = await create(api, { name: "Db" });
  assert.deepEqual(namesOf(await create(api, { name: "web", task: near("service==db", "service!=WEB") })), [
    "Db",
    "web",
  ]);
  assert.deepEqual(namesOf(await create(api, { name: "api", task: near(`service!=${db.id}`) })), ["Db"]);
});

test("a service that is gone may stay in a spec that has it, and may not be added", async () => {
  const api = await createTestApi();
  await create(api, { name: "db" });
  const web = await create(api, { name: "web", task: near("service==db") });
  await removeService(api, "db");
  assert.deepEqual(namesOf(await update(api, web, near("service==db", "service!=web"))), ["db", "web"]);
  await assert.rejects(create(api, { name: "x", task: near("service==db") }), { code: "notFound", message: /db/ });
});

test("services that would wait for each other are refused with the way round, unless one only wishes", async () => {
  const api = await createTestApi();
  const db = await create(api, { name: "db" });
  await create(api, { name: "api", task: near("service==db") });
  await create(api, { name: "web", task: near("service==api") });
  const message =
    "each of these services would wait for a task of the next one: db -> web -> api -> db; make one affinity soft";
  await assert.rejects(update(api, db, near("service==web")), { code: "invalidArgument", message });
  assert.deepEqual(namesOf(await update(api, db, near("service==web,soft"))), ["web"]);
});

const REFUSED: readonly (readonly [claim: string, parts: make.ServiceSpecParts, message: RegExp])[] = [
  [
    "of a global service",
    { replicas: "global", task: near("service==db") },
    /^a global service cannot have affinities/,
  ],
  ["twice", { task: near("service==db", "service==DB,soft") }, /^the affinity "service==DB,soft" is given twice$/],
  ["near and away", { task: near("service==db", "service!=db") }, /^no node can be both near service db and away from/],
  [
    "that is what a placement preference is for",
    { task: near("service!=web,topology=node.labels.zone,soft") },
    /--placement-pref spread=node.labels.zone, not by a soft affinity$/,
  ],
];
for (const [claim, parts, message] of REFUSED) {
  test(`an affinity ${claim} is refused`, async () => {
    const api = await createTestApi();
    await create(api, { name: "db" });
    await assert.rejects(create(api, { name: "web", ...parts }), { code: "invalidArgument", message });
  });
}
