import assert from "node:assert/strict";
import { test } from "node:test";
import { runWayWatch, WAYS_AFTER_MS, WAYS_EVERY_MS } from "../../../../manager/doctor/way-watch.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { Examination } from "../../../../shared/rpc/gen/doctor.ts";
import type { Sendable } from "../../../../shared/rpc/sendable.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster, createNode, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const SEEN = { mtu: 1450, hosts: 2, hostsFine: 2, narrow: [], wrongChecksums: 0 };

test("ways of a host that has come are tried soon, all of them now and then, and none while somebody waits", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock, { autoCommit: true });
  const add = (name: string): Promise<void> =>
    store.update("node", (tx) => {
      const node = createNode(name);
      const description = { ...mustHave(node.description, "description"), overlay: SEEN };
      tx.create("node", { ...node, description, status: { ...node.status, address: `10.77.0.${name.slice(1)}` } });
    });
  await store.update("cluster", (tx) => tx.create("cluster", createCluster()));
  for (const name of ["n1", "n2", "n3"]) await add(name);
  const asked: string[] = [];
  const sessions = {
    examine(nodeId: NodeId, { hosts = [], waysOnly, ports = [] }: Sendable<Examination>): boolean {
      assert.deepEqual([waysOnly, ports], [true, []]);
      asked.push(`${nodeId.slice(0, 2)}: ${hosts.map((host) => host.nodeId?.slice(0, 2)).sort()}`);
      return true;
    },
    onExamined: () => ({ [Symbol.dispose]: () => {} }),
    trace: () => ({ isOpen: true }),
  };
  const turn = { isTaken: false };
  const over = new AbortController();
  const options = { store, raft: store.raft, clock, random: seededRandom(1), sessions };
  const running = runWayWatch(options, turn, over.signal).catch(() => {});
  await clock.run(5 * WAYS_AFTER_MS);
  assert.deepEqual(asked.splice(0), [], "all have been seen");
  await add("n4");
  turn.isTaken = true;
  await clock.run(2 * WAYS_AFTER_MS);
  assert.deepEqual(asked.splice(0), [], "somebody waits for an examination");
  turn.isTaken = false;
  await clock.run(WAYS_AFTER_MS + 1);
  assert.deepEqual(asked.splice(0).sort(), ["n1: n4", "n2: n4", "n3: n4", "n4: n1,n2,n3"]);
  await clock.run(WAYS_EVERY_MS);
  assert.deepEqual(asked.splice(0).sort(), ["n1: n2,n3,n4", "n2: n1,n3,n4", "n3: n1,n2,n4", "n4: n1,n2,n3"]);
  await store.update("its daemon was started again", (tx) => {
    const node = mustHave(tx.get("node", testId<NodeId>("n2")), "node");
    tx.update("node", { ...node, description: node.description && { ...node.description, overlay: null } });
  });
  await clock.run(WAYS_AFTER_MS + 1);
  assert.deepEqual(asked.splice(0).length, 4);
  over.abort(new Error("over"));
  await running;
});
