import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllocationBook } from "../../../../manager/allocator/allocation-book.ts";
import { createAllocatorMemory, decideAllocation } from "../../../../manager/allocator/decide-allocation.ts";
import { applyAllocation } from "../../../../manager/allocator/run-allocator.ts";
import { removeNetwork } from "../../../../manager/api/network.ts";
import { GuestDesk } from "../../../../manager/dispatcher/guest-desk.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Guest } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi } from "../../../support/control-api.ts";
import { createNetwork, createNode, createSubnet } from "../../../support/objects.ts";

const node = createNode("n1");
const other = createNode("n2");
const front = createNetwork("front", {
  spec: { ...createNetwork("front").spec, attachable: true },
  vni: 4_100,
  subnets: [createSubnet("10.4.0.0/24", "10.4.0.1")],
});
const closed = createNetwork("closed", { subnets: [createSubnet("10.5.0.0/24", "10.5.0.1")] });
const wanted = (id: string, part: Partial<Guest> = {}): Guest => ({
  ...{ id: "", meta: null, nodeId: "", networkId: front.id, containerId: id.padEnd(64, "0"), names: [`c${id}`] },
  ...{ wished: "", wished6: "", insists: false, address: "", address6: "", err: "", ...part },
});

async function world() {
  const api = await createTestApi();
  await api.store.update("test", (tx) => {
    for (const each of [node, other]) tx.create("node", each);
    for (const each of [front, closed]) tx.create("network", each);
  });
  // The allocator, as far as guests need it.
  const memory = createAllocatorMemory();
  api.store.subscribe(({ changes }) => {
    if (!changes.some(({ kind, action }) => kind === "guest" && action === "create")) return;
    void api.store.update("allocate", (tx) => {
      const limits = { changesMax: 100, looksMax: 1_000 };
      applyAllocation(tx, decideAllocation(tx, AllocationBook.of(tx), memory, limits), 0 as never);
    });
  });
  const base = { store: api.store, clock: api.clock, random: api.random, log: silentLogger };
  const desk = new GuestDesk({ ...base, leaderAddress: () => null, memberAddresses: () => [] });
  const contextOf = (nodeId: string) =>
    ({
      caller: { kind: "node", nodeId, clusterId: api.store.view().cluster().id, address: "10.0.0.1:1" },
      forwardedBy: null,
      signal: new AbortController().signal,
    }) as never;
  const tell = (nodeId: string, ...guests: readonly Guest[]) => desk.tell({ guests }, contextOf(nodeId));
  const find = (ref: string) => desk.findNetwork(ref, contextOf(node.id));
  return { api, tell, find };
}

describe("guests that a host tells of", () => {
  it("have addresses in the answer, the same ones when told again, and are over when told no more", async () => {
    const { api, tell } = await world();
    const first = await tell(node.id, wanted("1"), wanted("2"));
    assert.deepEqual(first.map(({ address }) => address).sort(), ["10.4.0.2/24", "10.4.0.3/24"]);
    const [, again] = await tell(node.id, wanted("3"), wanted("2", { names: ["other"] }));
    assert.deepEqual([again?.address, again?.names], [first[1]?.address, ["other"]]);
    assert.deepEqual(
      api.store
        .view()
        .all("guest")
        .map(({ containerId }) => containerId[0])
        .sort(),
      ["2", "3"],
    );
    await tell(node.id);
    assert.deepEqual(api.store.view().all("guest"), []);
  });

  it("are no other host's, and cannot take its names in a table", async () => {
    const { api, tell } = await world();
    await tell(node.id, wanted("1"));
    const [stolen] = await tell(other.id, wanted("1"));
    assert.match(stolen?.err ?? "", /is on network front on another host$/);
    await tell(other.id);
    assert.equal(api.store.view().all("guest").length, 1);
  });

  it("are refused on networks that let none in, and keep others from being removed", async () => {
    const { api, tell, find } = await world();
    const sentence = /^Could not attach to network closed: network closed not manually attachable$/;
    assert.throws(() => find("closed"), { code: "permissionDenied", message: sentence });
    assert.throws(() => find("nowhere"), { code: "notFound" });
    assert.equal(find(front.id.slice(0, 24)).id, front.id);
    const [refused] = await tell(node.id, wanted("1", { networkId: closed.id }));
    assert.match(refused?.err ?? "", sentence);
    await tell(node.id, wanted("1"));
    await assert.rejects(removeNetwork(api, "front"), { message: /^network front is in use by container c1 on n1$/ });
  });

  it("may change what they insist on", async () => {
    const { tell } = await world();
    await tell(node.id, wanted("1"));
    const [moved] = await tell(node.id, wanted("1", { wished: "10.4.0.9", insists: true }));
    assert.equal(moved?.address, "10.4.0.9/24");
  });

  const wrong: readonly (readonly [Guest, RegExp])[] = [
    [{ ...wanted("1"), containerId: "web" }, /64 hexadecimal digits/],
    [wanted("1", { names: [] }), /names of an own container/],
    [wanted("1", { names: ["a\u001b[2J"] }), /is no name/],
    [wanted("1", { wished: "ten" }), /wishes an address that is none/],
  ];
  for (const [guest, message] of wrong)
    it(`are refused: ${message.source}`, async () => {
      const { tell } = await world();
      await assert.rejects(tell(node.id, guest), { code: "invalidArgument", message });
    });
});
