import assert from "node:assert/strict";
import { test } from "node:test";
import type { InstantMs } from "../../../shared/ports/clock.ts";
import { MemberAddresses } from "../../../swarmd/member-addresses.ts";
import { createNode } from "../../support/objects.ts";
import { viewOf } from "../../support/view.ts";

test("hosts are known by their session's and data-path address, managers by where they listen; news within a second", () => {
  let nowMs: InstantMs = 0;
  const node = createNode("n1");
  let view = viewOf({ nodes: [{ ...node, status: { ...node.status, address: "10.0.0.1" } }] });
  const managers = (): readonly string[] => ["10.0.0.2:2377", "[2001:db8::2]:2377"];
  const addresses = new MemberAddresses({ store: { view: () => view }, managers, clock: { now: () => nowMs } });
  const known = ["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2", "2001:db8::2", "10.0.0.3", ""];
  assert.deepEqual(
    known.map((address) => addresses.has(address)),
    [true, true, true, true, false, false],
  );
  view = viewOf({});
  nowMs = 999;
  assert.equal(addresses.has("10.0.0.1"), true);
  nowMs = 1_000;
  assert.equal(addresses.has("10.0.0.1"), false);
});
