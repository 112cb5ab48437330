import assert from "node:assert/strict";
import { test } from "node:test";
import { actingRole, changesStanding, refuseDemoted } from "../../../../manager/ca/standing.ts";
import type { Node } from "../../../../shared/objects/types.ts";
import type { NodeRole } from "../../../../shared/rpc/gen/objects.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createNode, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const node = (role: NodeRole, roleGeneration: number): Node => ({ ...createNode("n1", { role }), roleGeneration });

test("a manager's certificate is one only while the store agrees, or is behind it", () => {
  const cases: readonly (readonly [string, NodeRole, number, Node | undefined, NodeRole])[] = [
    ["both say manager", "MANAGER", 1, node("MANAGER", 1), "MANAGER"],
    ["demoted since", "MANAGER", 1, node("WORKER", 2), "WORKER"],
    ["demoted and promoted again since: the old key stays void", "MANAGER", 1, node("MANAGER", 3), "WORKER"],
    ["certified before there were generations, still a manager", "MANAGER", 0, node("MANAGER", 0), "MANAGER"],
    ["certified before there were generations, demoted since", "MANAGER", 0, node("WORKER", 1), "WORKER"],
    ["demoted before there were generations", "MANAGER", 0, node("WORKER", 0), "WORKER"],
    ["this store has not heard of the promotion", "MANAGER", 1, node("WORKER", 0), "MANAGER"],
    ["this store has not heard of the node", "MANAGER", 0, undefined, "MANAGER"],
    ["a worker", "WORKER", 0, node("WORKER", 0), "WORKER"],
    ["promoted, its certificate not renewed yet", "WORKER", 0, node("MANAGER", 1), "WORKER"],
    ["a worker this store has not heard of", "WORKER", 0, undefined, "WORKER"],
  ];
  for (const [what, role, roleGeneration, known, acting] of cases) {
    assert.equal(actingRole({ role, roleGeneration }, known), acting, what);
  }
});

test("a change of role, a removal and a return are changes of standing; a changed description is none", () => {
  const change = (old: Node | null, object: Node, action: "create" | "update" | "remove") =>
    changesStanding({ kind: "node", action, old, object });
  assert.equal(change(node("MANAGER", 1), node("WORKER", 2), "update"), true);
  assert.equal(change(node("WORKER", 2), node("WORKER", 2), "remove"), true);
  assert.equal(change(null, node("WORKER", 0), "create"), true);
  assert.equal(change(node("WORKER", 2), { ...node("WORKER", 2), description: null }, "update"), false);
});

test("only a node that is to be a manager may join the Raft group, whatever role it still has", async () => {
  using store = createMemoryStore(new VirtualClock());
  const manager = createNode("m1", { role: "MANAGER" });
  await store.update("nodes", (tx) => {
    tx.create("node", manager);
    tx.create("node", { ...createNode("m2", { role: "MANAGER" }), spec: { ...manager.spec, desiredRole: "WORKER" } });
  });
  refuseDemoted(store.view(), testId("m1"));
  for (const name of ["m2", "m3"]) {
    assert.throws(() => refuseDemoted(store.view(), testId(name)), { code: "permissionDenied", message: /promote it/ });
  }
});
