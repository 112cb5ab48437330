import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getTask, listTasks } from "../../../../manager/api/task.ts";
import type { Task } from "../../../../shared/objects/types.ts";
import type { ListTasksRequest } from "../../../../shared/rpc/gen/control.ts";
import { createTestApi, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const noFilter: ListTasksRequest = {
  idPrefixes: [],
  services: [],
  nodes: [],
  desiredStates: [],
  namePrefixes: [],
  upToDate: false,
};

async function fill(): Promise<TestApi> {
  const api = await createTestApi();
  const web = make.createService("web");
  const agent = make.createService("agent", { replicas: "global" });
  const [n1, n2] = [make.createNode("n1", { hostname: "host1" }), make.createNode("n2", { hostname: "host2" })];
  await api.store.update("fill", (tx) => {
    for (const service of [web, agent]) tx.create("service", service);
    for (const node of [n1, n2]) tx.create("node", node);
    tx.create("task", make.createTask("t1", web, { slot: 1, nodeId: n1.id }));
    tx.create("task", make.createTask("t2", web, { slot: 2, nodeId: n2.id, desiredState: "SHUTDOWN" }));
    tx.create("task", make.createTask("t3", web, { slot: 3 }));
    tx.create("task", make.createTask("t4", agent, { nodeId: n1.id }));
  });
  return api;
}

const words = (tasks: readonly Task[]): string => tasks.map(({ id }) => id.replace(/z+$/, "")).join(" ");

describe("listTasks", () => {
  for (const [claim, filter, expected] of [
    ["everything", {}, "t1 t2 t3 t4"],
    ["a service's", { services: ["web"] }, "t1 t2 t3"],
    ["a node's", { nodes: ["host1"] }, "t1 t4"],
    ["a service's on a node", { services: ["web"], nodes: ["host1"] }, "t1"],
    ["two nodes'", { nodes: ["host1", "host2"] }, "t1 t4 t2"],
    ["those wanted so", { desiredStates: ["SHUTDOWN"] }, "t2"],
    ["a slot's", { namePrefixes: ["web.3"] }, "t3"],
    ["by id", { idPrefixes: ["t1", "t4"] }, "t1 t4"],
  ] as const) {
    it(`finds ${claim}`, async () => {
      const request = { ...noFilter, ...filter } as unknown as ListTasksRequest;
      assert.equal(words(await listTasks(await fill(), request)), expected);
    });
  }

  it("says which service or node it does not know", async () => {
    const api = await fill();
    await assert.rejects(listTasks(api, { ...noFilter, services: ["nope"] }), { message: "service nope not found" });
    await assert.rejects(listTasks(api, { ...noFilter, nodes: ["nope"] }), { message: "node nope not found" });
  });
});

it("a task is found by id, full name and unique id prefix", async () => {
  const api = await fill();
  const id = make.testId("t1");
  for (const ref of [id, `web.1.${id}`, "t1"]) assert.equal((await getTask(api, ref)).id, id);
  const { id: nodeId } = make.createNode("n1");
  assert.equal((await getTask(api, `agent.${nodeId}.${make.testId("t4")}`)).slot, 0);
});
