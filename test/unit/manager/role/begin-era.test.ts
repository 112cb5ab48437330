import { strict as assert } from "node:assert";
import { test } from "node:test";
import { beginEra } from "../../../../manager/role/begin-era.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster, createNode, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const STATUS = { raftId: 2, address: "10.0.0.2:2377", leader: false, reachability: "UNKNOWN" } as const;

test("whoever managed the swarm before the era is a worker, and the one that is left a manager, once", async () => {
  using store = createMemoryStore(new VirtualClock());
  await store.update("objects", (tx) => {
    tx.create("cluster", createCluster());
    // It was about to be demoted when the others were lost.
    const self = createNode("m1", { role: "MANAGER" });
    tx.create("node", { ...self, spec: { ...self.spec, desiredRole: "WORKER" } });
    const lost = createNode("m2", { role: "MANAGER", managerStatus: STATUS, roleGeneration: 3 });
    tx.create("node", { ...lost, spec: { ...lost.spec, desiredRole: "MANAGER" } });
    tx.create("node", createNode("w1"));
    const promoted = createNode("w2");
    tx.create("node", { ...promoted, spec: { ...promoted.spec, desiredRole: "MANAGER" } });
  });
  const rolesOf = () =>
    store
      .view()
      .all("node")
      .map(({ id, role, spec, roleGeneration, managerStatus }) => [
        id,
        role,
        spec.desiredRole,
        roleGeneration,
        managerStatus,
      ]);
  await beginEra(store, 1, testId("m1"));
  const expected = [
    [testId("m1"), "MANAGER", "MANAGER", 0, null],
    [testId("m2"), "WORKER", "WORKER", 4, null],
    [testId("w1"), "WORKER", "WORKER", 0, null],
    // It has yet to join the managers, and can.
    [testId("w2"), "WORKER", "MANAGER", 0, null],
  ];
  assert.deepEqual(rolesOf(), expected);
  assert.equal(store.view().all("cluster")[0]?.era, 1);
  await store.update("promote", (tx) => {
    const node = tx.get("node", testId("m2"));
    if (node !== undefined) tx.update("node", { ...node, role: "MANAGER" });
  });
  await beginEra(store, 1, testId("m1"));
  assert.equal(store.view().get("node", testId("m2"))?.role, "MANAGER", "a later leader of the era leaves it alone");
});

test("in a swarm that was never made anew nothing is written", async () => {
  using store = createMemoryStore(new VirtualClock());
  await store.update("objects", (tx) => {
    tx.create("cluster", createCluster());
    tx.create("node", createNode("m2", { role: "MANAGER" }));
  });
  const before = store.view().all("node");
  await beginEra(store, 0, testId("m1"));
  assert.deepEqual(store.view().all("node"), before);
});
