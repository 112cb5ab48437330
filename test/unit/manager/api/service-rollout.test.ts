import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createService, removeService, updateService } from "../../../../manager/api/service.ts";
import { planService } from "../../../../manager/api/service-plan.ts";
import { listEarlierSpecs } from "../../../../manager/api/service-rollout.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { Service, ServiceSpec, Task } from "../../../../shared/objects/types.ts";
import type { PlanServiceRequest, UpdateServiceRequest } from "../../../../shared/rpc/gen/control.ts";
import type { UpdateStatus, ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { ROLLOUT_DEFAULTS } from "../../../../shared/service-spec/defaults.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;
const image = (name: string): ServiceSpec["task"] =>
  make.createTaskSpec({ container: make.createContainerSpec({ image: name }) });
const FIRST = { name: "web", replicas: 4, task: image("web:1") };

async function create(api: TestApi, parts: make.ServiceSpecParts = FIRST): Promise<Service> {
  const request = { spec: wire(make.createServiceSpec(parts)), noResolveImage: true, login: null };
  return (await createService(api, request, never)).service;
}

async function ask(api: TestApi, parts: Partial<UpdateServiceRequest>): Promise<Service> {
  const service = mustHave(api.store.view().byName("service", "web"), "the service");
  const request = { ...NO_CHANGE, ref: service.id, version: service.meta.version, noResolveImage: true, ...parts };
  return (await updateService(api, request, never)).service;
}

const setImage = (api: TestApi, name: string, part: Partial<ServiceSpec> = {}): Promise<Service> => {
  const { spec } = mustHave(api.store.view().byName("service", "web"), "the service");
  return ask(api, { spec: wire({ ...spec, task: image(name), ...part } as ServiceSpec) });
};

async function become(api: TestApi, state: UpdateStatus["state"], message = ""): Promise<void> {
  await api.store.update("the updater", (tx) => {
    const service = mustHave(tx.byName("service", "web"), "the service");
    const updateStatus = { state, startedAtMs: 1, completedAtMs: 0, message, failedTask: "" };
    tx.update("service", { ...service, updateStatus });
  });
}

async function addTasks(api: TestApi, count: number): Promise<readonly Task[]> {
  const service = mustHave(api.store.view().byName("service", "web"), "the service");
  const tasks = Array.from({ length: count }, (_, at) => make.createTask(`t${at + 1}`, service, { slot: at + 1 }));
  await api.store.update("tasks", (tx) => {
    for (const task of tasks) tx.create("task", task);
  });
  return tasks;
}

const CANARY: ServiceSpec["update"] = { ...ROLLOUT_DEFAULTS, canary: "2" };
const imageOf = ({ spec }: Pick<Service, "spec">): string => spec.task.container.image;

describe("history", () => {
  it("has each spec with what brought it and how it fared, and goes with the service", async () => {
    const api = await createTestApi();
    await create(api);
    await setImage(api, "web:2");
    await become(api, "PAUSED", "update paused");
    await setImage(api, "web:3");
    await become(api, "COMPLETED", "update completed");
    await ask(api, { rollback: true });
    const { service, specs } = await listEarlierSpecs(api, "web");
    assert.deepEqual(
      specs.map((each) => [each.generation, imageOf(each), each.origin?.cause, each.outcome, each.message]),
      [
        [1, "web:1", "CREATED", "OVERTAKEN", ""],
        [2, "web:2", "UPDATED", "PAUSED", "update paused"],
        [3, "web:3", "UPDATED", "COMPLETED", "update completed"],
      ],
    );
    assert.deepEqual(
      [service.origin?.cause, service.origin?.fromGeneration, imageOf(service)],
      ["ROLLED_BACK", 2, "web:2"],
    );
    await removeService(api, "web");
    assert.deepEqual(api.store.view().all("earlierSpec"), []);
  });

  it("can be gone back to by number, as a new spec that is rolled out as a rollback", async () => {
    const api = await createTestApi();
    await create(api);
    for (const name of ["web:2", "web:3", "web:4"]) await setImage(api, name);
    const back = await ask(api, { rollback: true, rollbackTo: 2 });
    assert.deepEqual([back.generation, imageOf(back), back.updateStatus?.state], [5, "web:2", "ROLLBACK_STARTED"]);
    assert.equal(imageOf({ spec: mustHave(back.previousSpec, "the spec before") }), "web:4");
  });

  it("says what is not there, and that the present spec needs no restoring", async () => {
    const api = await createTestApi();
    await create(api);
    await setImage(api, "web:2");
    await assert.rejects(ask(api, { rollback: true, rollbackTo: 7 }), {
      code: "notFound",
      message: "service web has no spec 7 in its history: see `swarmctl service history web`",
    });
    await assert.rejects(ask(api, { rollback: true, rollbackTo: 2 }), {
      code: "failedPrecondition",
      message: "spec 2 is the present one of service web: there is nothing to restore",
    });
  });

  it("checks an old spec against what is there now", async () => {
    const api = await createTestApi();
    const ports = [make.createPort({ publishedPort: 8080 })];
    await create(api, { ...FIRST, endpoint: { mode: "VIP", stickyMs: 0, ports } });
    await setImage(api, "web:2", { endpoint: null });
    await create(api, { name: "other", endpoint: { mode: "VIP", stickyMs: 0, ports } });
    await assert.rejects(ask(api, { rollback: true, rollbackTo: 1 }), /8080/);
  });
});

describe("a canary", () => {
  async function waiting(): Promise<TestApi> {
    const api = await createTestApi();
    await create(api, { ...FIRST, update: CANARY });
    await addTasks(api, 4);
    const { canary } = await setImage(api, "web:2");
    assert.deepEqual(canary?.slots, [1, 2]);
    return api;
  }

  it("is promoted as the same spec, and only once it has been watched", async () => {
    const api = await waiting();
    await assert.rejects(ask(api, { promote: true }), { code: "failedPrecondition", message: /is not ready yet/ });
    await become(api, "PAUSED", "update paused due to failure of task x");
    await assert.rejects(ask(api, { promote: true }), /has failed: abort it, or update the service \(update paused/);
    await become(api, "CANARY");
    const promoted = await ask(api, { promote: true });
    assert.deepEqual([promoted.generation, promoted.canary, promoted.updateStatus?.state], [2, null, "UPDATING"]);
  });

  it("goes back to what all slots ran if it fails after its promotion, whatever was tried before", async () => {
    const api = await waiting();
    await setImage(api, "web:3");
    await become(api, "CANARY");
    const { previousSpec } = await ask(api, { promote: true });
    assert.equal(previousSpec?.task.container.image, "web:1");
  });

  for (const parts of [{ abort: true }, { rollback: true }, { rollback: true, rollbackTo: 1 }]) {
    it(`goes back to what all slots ran, whatever was tried since: ${JSON.stringify(parts)}`, async () => {
      const api = await waiting();
      await setImage(api, "web:3");
      const back = await ask(api, parts);
      assert.deepEqual([imageOf(back), back.canary, back.updateStatus?.message], ["web:1", null, "canary aborted"]);
      const { specs } = await listEarlierSpecs(api, "web");
      assert.deepEqual(specs.at(-1)?.outcome, "ABORTED");
    });
  }

  it("is nothing to promote or abort where there is none, nor for a job", async () => {
    const api = await createTestApi();
    await create(api);
    for (const parts of [{ promote: true }, { abort: true }]) {
      await assert.rejects(ask(api, parts), { code: "failedPrecondition", message: /service web has no canary/ });
    }
    await removeService(api, "web");
    await create(api, { name: "web", job: { max: 1, total: 1 } });
    await assert.rejects(ask(api, { abort: true }), { code: "invalidArgument", message: /is a job: it has no canary/ });
  });

  it("keeps networks and secrets of the spec that the other slots run from being removed", async () => {
    const api = await createTestApi();
    const blue = make.createNetwork("blue");
    await api.store.update("network", (tx) => tx.create("network", blue));
    const joined = { ...image("web:1"), networks: [{ target: blue.id, aliases: [], driverOptions: {} }] };
    await create(api, { ...FIRST, task: joined, update: CANARY });
    await addTasks(api, 4);
    const service = await setImage(api, "web:2");
    assert.deepEqual(service.spec.task.networks, []);
    assert.deepEqual(
      api.store
        .view()
        .referring("service", "network", blue.id)
        .map(({ id }) => id),
      [service.id],
    );
  });

  it("is refused in the settings of a rollback", async () => {
    const api = await createTestApi();
    await assert.rejects(create(api, { ...FIRST, rollback: CANARY }), /a rollback has no canary/);
  });
});

describe("a plan", () => {
  async function planned(api: TestApi, parts: Partial<PlanServiceRequest>) {
    const request = { ref: "web", spec: null, noResolveImage: true, rollback: false, rollbackTo: 0, ...parts };
    const { slots, ...rest } = await planService(api, request, never);
    const words = slots.map(
      ({ name, action, fromHost, toHost, whyNot, afterCanary }) =>
        `${name} ${action} ${fromHost || "-"} ${toHost || whyNot}${afterCanary ? " after the canary" : ""}`,
    );
    return { ...rest, words };
  }

  async function cluster(parts: make.ServiceSpecParts = FIRST): Promise<{ api: TestApi; service: Service }> {
    const api = await createTestApi();
    await api.store.update("nodes", (tx) => {
      for (const name of ["n1", "n2"]) tx.create("node", make.createNode(name));
    });
    const service = await create(api, parts);
    await api.store.update("tasks", (tx) => {
      for (const slot of [1, 2, 3, 4]) {
        const nodeId = make.createNode(slot % 2 === 1 ? "n1" : "n2").id;
        tx.create("task", make.createTask(`t${slot}`, service, { slot, nodeId }));
      }
    });
    return { api, service };
  }

  const memory = (gib: number): ServiceSpec["task"] => ({
    ...image("web:2"),
    reservations: make.createResources({ memoryBytes: gib * 1024 ** 3 }),
  });

  it("says which slots are replaced and where their tasks would go, and writes nothing", async () => {
    const { api, service } = await cluster();
    const { version } = api.store.view();
    const { words, affected, kept, before, after } = await planned(api, {
      spec: wire({ ...service.spec, task: image("web:2") } as ServiceSpec),
    });
    assert.deepEqual([affected, kept, words.length], [4, 0, 4]);
    assert.deepEqual(
      words.map((word) => word.split(" ").slice(0, 3).join(" ")),
      ["1 REPLACE n1", "2 REPLACE n2", "3 REPLACE n1", "4 REPLACE n2"],
    );
    assert.deepEqual(words.map((word) => word.split(" ")[3]).sort(), ["n1", "n1", "n2", "n2"]);
    assert.equal(before?.task?.container?.image, "web:1");
    assert.equal(after.task.container.image, "web:2");
    assert.equal(api.store.view().version, version);
    assert.deepEqual(api.store.view().get("service", service.id), service);
  });

  it("says why there is no room: two of these fit on a node, five do not on two", async () => {
    const { api, service } = await cluster();
    const spec = make.scaled({ ...service.spec, task: memory(3) } as ServiceSpec, 5);
    const { words } = await planned(api, { spec: wire(spec) });
    assert.equal(words.filter((word) => / n[12]$/.test(word)).length, 4);
    assert.equal(
      words.filter((word) =>
        word.endsWith("no suitable node (insufficient resources on 2 nodes: 3GiB of memory wanted)"),
      ).length,
      1,
    );
  });

  it("gives start-first room beside the old task", async () => {
    const update = { ...ROLLOUT_DEFAULTS, order: "START_FIRST", parallelism: 0 } as const;
    const { api, service } = await cluster({ ...FIRST, task: memory(3), update });
    const spec = { ...service.spec, task: { ...memory(3), forceUpdate: 1 } } as ServiceSpec;
    const { words } = await planned(api, { spec: wire(spec) });
    assert.equal(words.filter((word) => word.includes("insufficient resources")).length, 4);
  });

  it("tells a canary's slots from those that follow it", async () => {
    const { api, service } = await cluster();
    const { words, canary } = await planned(api, {
      spec: wire({ ...service.spec, task: image("web:2"), update: CANARY } as ServiceSpec),
    });
    assert.equal(canary, 2);
    assert.deepEqual(
      words.map((word) => [word[0], word.endsWith("after the canary")]),
      [
        ["1", false],
        ["2", false],
        ["3", true],
        ["4", true],
      ],
    );
  });

  it("of a scale stops some and keeps the rest, and of a new service starts all", async () => {
    const { api, service } = await cluster();
    const scaled = await planned(api, { spec: wire(make.scaled(service.spec, 3)) });
    assert.deepEqual([scaled.affected, scaled.kept, scaled.words[0]?.split(" ")[1]], [1, 3, "STOP"]);
    const fresh = await planned(api, { ref: "", spec: wire(make.createServiceSpec({ name: "new", replicas: 2 })) });
    assert.deepEqual(
      [fresh.before, fresh.affected, fresh.words.every((word) => word.includes("START"))],
      [null, 2, true],
    );
  });

  it("of a rollback is about the spec of that number", async () => {
    const { api } = await cluster();
    await setImage(api, "web:2");
    const { after, affected } = await planned(api, { rollback: true, rollbackTo: 1 });
    assert.deepEqual([after.task.container.image, affected], ["web:1", 0]);
  });

  it("is refused where the change would be", async () => {
    const { api, service } = await cluster();
    const renamed = { ...service.spec, annotations: make.createAnnotations("else") } as ServiceSpec;
    await assert.rejects(planned(api, { spec: wire(renamed) }), { code: "unimplemented" });
    await assert.rejects(planned(api, { ref: "nope", rollback: true }), { code: "notFound" });
  });
});
