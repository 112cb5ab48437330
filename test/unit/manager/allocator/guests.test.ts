import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAllocatorMemory } from "../../../../manager/allocator/decide-allocation.ts";
import { allocateOnce } from "../../../support/allocation.ts";
import { createGuest } from "../../../support/guest-objects.ts";
import { createNetwork, createNode, createSubnet } from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const ingress = createNetwork("ingress", { subnets: [createSubnet("10.0.0.0/20", "")] });
const front = createNetwork("front", {
  spec: { ...createNetwork("front").spec, subnets: [createSubnet("10.4.0.0/29", "10.4.0.1")] },
  subnets: [createSubnet("10.4.0.0/29", "10.4.0.1")],
});
const node = createNode("n1");

/** What guests are given, in order; or why not. */
function given(...guests: readonly ReturnType<typeof createGuest>[]) {
  const view = viewOf({ nodes: [node], networks: [ingress, front], guests });
  const plan = allocateOnce(view, createAllocatorMemory(), 100);
  return { plan, said: plan.guests.map(({ address, err }) => address || err) };
}

describe("addresses of guests", () => {
  it("are free ones of the network, which nobody who is there has", () => {
    const { said } = given(
      createGuest("g1", front, node, { address: "10.4.0.2/29" }),
      createGuest("g2", front, node),
      createGuest("g3", front, node),
    );
    assert.deepEqual(said, ["10.4.0.3/29", "10.4.0.4/29"]);
  });

  it("are those they wish, and others where they only wish", () => {
    const there = createGuest("g1", front, node, { address: "10.4.0.3/29" });
    assert.deepEqual(given(there, createGuest("g2", front, node, { wished: "10.4.0.4" })).said, ["10.4.0.4/29"]);
    assert.deepEqual(given(there, createGuest("g2", front, node, { wished: "10.4.0.3" })).said, ["10.4.0.4/29"]);
  });

  it("are refused in a sentence where they insist, and where the network is full, and come once there is room", () => {
    const there = createGuest("g1", front, node, { address: "10.4.0.3/29" });
    for (const wished of ["10.4.0.3", "10.9.0.1"]) {
      const { said } = given(there, createGuest("g2", front, node, { wished, insists: true }));
      assert.match(said.join(), new RegExp(`^Address already in use, or in no subnet of network front: ${wished}$`));
    }
    const all = [2, 3, 4, 5].map((at) => createGuest(`f${at}`, front, node, { address: `10.4.0.${at}/29` }));
    const { plan, said } = given(...all, createGuest("g9", front, node));
    assert.match(said.join(), /^no free address on network front \(10\.4\.0\.0\/29: \d of \d addresses in use\)/);
    assert.equal(plan.isWaiting, true);
  });

  it("end with their node", () => {
    const gone = createNode("n2");
    const guest = createGuest("g1", front, gone, { address: "10.4.0.2/29" });
    assert.deepEqual(given(guest).plan.goneGuests, [guest.id]);
  });
});
