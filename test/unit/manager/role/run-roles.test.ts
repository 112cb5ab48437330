import { strict as assert } from "node:assert";
import { test } from "node:test";
import { runRoles } from "../../../../manager/role/run-roles.ts";
import type { RaftId } from "../../../../raft/ids.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Node } from "../../../../shared/objects/types.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createNode, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

test("a worker is promoted, joins, is recorded, and on demotion leaves the group and the role again", async () => {
  const clock = new VirtualClock();
  using store = createMemoryStore(clock);
  const end = new AbortController();
  const node = (): Node | undefined => store.view().get("node", testId("n2"));
  const wish = (desiredRole: "MANAGER" | "WORKER"): Promise<void> =>
    store.update("wish", (tx) => {
      const present = tx.get("node", testId("n2"));
      if (present !== undefined) tx.update("node", { ...present, spec: { ...present.spec, desiredRole } });
    });
  await store.update("nodes", (tx) => {
    tx.create("node", createNode("m1", { role: "MANAGER" }));
    tx.create("node", createNode("n2"));
  });
  const loop = runRoles({ store, raft: store.raft, clock, random: seededRandom(1), log: silentLogger }, end.signal);
  await wish("MANAGER");
  await clock.until("it is a manager", () => node()?.role === "MANAGER");
  await store.raft.addMember({ raftId: 2 as RaftId, nodeId: testId("n2"), address: "10.77.0.2:2377" });
  await clock.until("it is recorded", () => node()?.managerStatus?.raftId === 2);
  await wish("WORKER");
  await clock.until("it is a worker", () => node()?.role === "WORKER");
  assert.equal(node()?.managerStatus, null);
  assert.deepEqual(
    store.raft.members.map(({ raftId }) => raftId),
    [1],
  );
  end.abort();
  await loop;
  await clock.run(0);
  assert.deepEqual(clock.pending, []);
});

test("a leader that is to work hands leadership over and keeps its role until another removes it", async () => {
  const clock = new VirtualClock();
  using store = createMemoryStore(clock);
  const end = new AbortController();
  await store.raft.addMember({ raftId: 2 as RaftId, nodeId: testId("n2"), address: "10.77.0.2:2377" });
  await store.update("nodes", (tx) => {
    const leader = createNode("m1", { role: "MANAGER" });
    tx.create("node", { ...leader, spec: { ...leader.spec, desiredRole: "WORKER" } });
    tx.create("node", createNode("n2", { role: "MANAGER" }));
  });
  const loop = runRoles({ store, raft: store.raft, clock, random: seededRandom(1), log: silentLogger }, end.signal);
  await clock.until("it follows", () => store.raft.leadership === "following");
  await clock.run(2000);
  assert.equal(store.view().get("node", testId("m1"))?.role, "MANAGER");
  end.abort();
  await clock.run(10);
  await loop;
});
