import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import { judgeClaim } from "../../../../manager/dispatcher/data-path-claim.ts";
import { checkClaim, describeNode, noteRefusal, registerNode } from "../../../../manager/dispatcher/registration.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { Node } from "../../../../shared/objects/types.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createNode, testId } from "../../../support/objects.ts";

const ADDRESS = "10.77.0.2";
const CONTROL = "192.0.2.2";
const ELSEWHERE = "10.77.0.9";
const claimer = testId<NodeId>("n1");

function nodeWith(id: string, dataPathAddress: string, state: Node["status"]["state"] = "READY"): Node {
  const node = createNode(id, { state });
  const description = { ...mustHave(node.description, "description"), dataPathAddress };
  return { ...node, description, status: { ...node.status, address: CONTROL } };
}

describe("who may have a data path address", () => {
  const rows: readonly (readonly [string, Node | null, string, string, "granted" | "taken" | RegExp])[] = [
    ["nobody's", null, ADDRESS, ELSEWHERE, "granted"],
    ["the claimer's own", nodeWith("n1", ADDRESS), ADDRESS, ELSEWHERE, "granted"],
    ["none at all", nodeWith("n2", ""), "", ELSEWHERE, "granted"],
    ["loopback", nodeWith("n2", "127.0.0.1"), "127.0.0.1", "127.0.0.1", "granted"],
    [
      "that of a node that is ready",
      nodeWith("n2", ADDRESS),
      ADDRESS,
      ADDRESS,
      /is that of node n2 .*--data-path-addr/,
    ],
    ["of one that is disconnected", nodeWith("n2", ADDRESS, "DISCONNECTED"), ADDRESS, ADDRESS, /is that of node n2/],
    ["of one never seen", nodeWith("n2", ADDRESS, "UNKNOWN"), ADDRESS, ADDRESS, /is that of node n2/],
    ["of one that is down, from there", nodeWith("n2", ADDRESS, "DOWN"), ADDRESS, ADDRESS, "taken"],
    ["of one that is down, from where it was", nodeWith("n2", ADDRESS, "DOWN"), ADDRESS, CONTROL, "taken"],
    ["of one that is down, from elsewhere", nodeWith("n2", ADDRESS, "DOWN"), ADDRESS, ELSEWHERE, /down.*node rm n2/],
  ];
  for (const [what, owner, claimed, from, expected] of rows) {
    it(`${what}: ${expected}`, () => {
      const claim = judgeClaim(owner === null ? [] : [nodeWith("n3", "10.77.0.3"), owner], claimer, claimed, from);
      if (expected instanceof RegExp) assert.match(claim.kind === "refused" ? claim.sentence : claim.kind, expected);
      else assert.deepEqual(claim, { kind: "granted", from: expected === "taken" ? owner : null });
    });
  }
});

test("whatever hosts say, and from wherever, an address is one node's; whoever is not down keeps its own", async () => {
  const ids = ["n1", "n2", "n3"].map((id) => testId<NodeId>(id));
  const addresses = ["", "10.77.0.1", "10.77.0.2", "fd00::1"];
  const step = fc.record({
    node: fc.constantFrom(...ids),
    verb: fc.constantFrom("register", "describe", "down", "remove"),
    dataPathAddress: fc.constantFrom(...addresses),
    callerAddress: fc.constantFrom("10.77.0.1", "10.77.0.2", "10.77.0.66"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const store = createMemoryStore();
      await store.update("begin", (tx) => {
        for (const id of ids) tx.create("node", { ...createNode(id, { state: "UNKNOWN" }), id, description: null });
      });
      const addressOf = (id: NodeId): string => store.view().get("node", id)?.description?.dataPathAddress ?? "";
      for (const { node, verb, dataPathAddress, callerAddress } of steps) {
        const stored = store.view().get("node", node);
        if (stored === undefined) continue;
        const said = {
          description: { ...mustHave(createNode("x").description, "it"), dataPathAddress },
          callerAddress,
        };
        const others = ids.filter((id) => id !== node && store.view().get("node", id)?.status.state !== "DOWN");
        const before = others.map(addressOf);
        await store
          .update("step", (tx) => {
            if (verb === "register") registerNode(tx, node, said, callerAddress, 1);
            else if (verb === "describe") describeNode(tx, node, said);
            else if (verb === "down") tx.update("node", { ...stored, status: { ...stored.status, state: "DOWN" } });
            else tx.remove("node", node);
          })
          .catch((error: { code?: string }) => assert.equal(error.code, "alreadyExists"));
        assert.deepEqual(others.map(addressOf), before, "nobody lost it but who was down");
        const held = ids.map(addressOf).filter((address) => address !== "");
        assert.equal(new Set(held).size, held.length, held.join(", "));
      }
    }),
  );
});

test("a refusal is shown at a node that has no session, and written once", async () => {
  const store = createMemoryStore();
  await store.update("begin", (tx) => {
    tx.create("node", nodeWith("n2", ADDRESS));
    tx.create("node", { ...createNode("n1", { state: "UNKNOWN" }), description: null });
  });
  const said = { description: mustHave(nodeWith("n1", ADDRESS).description, "it"), callerAddress: ADDRESS };
  assert.throws(() => checkClaim(store.view(), claimer, said), { code: "alreadyExists" });
  let writes = 0;
  using _count = store.subscribe(({ changes }) => {
    writes += changes.length;
  });
  for (let time = 0; time < 2; time++)
    for (const id of [claimer, testId<NodeId>("n2")])
      await store.update("refused", (tx) => noteRefusal(tx, id, "the address is another's"));
  assert.equal(store.view().get("node", claimer)?.status.message, "the address is another's");
  assert.equal(store.view().get("node", testId<NodeId>("n2"))?.status.message, "");
  assert.equal(writes, 1);
});
