import assert from "node:assert/strict";
import { test } from "node:test";
import { stickySlots } from "../../../../worker/network/sticky-slots.ts";

const backends = Array.from({ length: 10 }, (_, at) => ({ address: `10.0.0.${at + 4}`, port: 80 }));

test("every backend has about its share of the slots, in whatever order they are told", () => {
  const slots = stickySlots(backends);
  assert.equal(slots.length, 256);
  for (const backend of backends) {
    const share = slots.filter((one) => one === backend).length;
    assert.ok(share > 8 && share < 52, `${backend.address} has ${share} of 256`);
  }
  assert.deepEqual(stickySlots(backends.toReversed()), slots);
});

test("whoever had a backend that stays keeps it when another one goes or comes", () => {
  const before = stickySlots(backends);
  const [gone, ...rest] = backends;
  const after = stickySlots(rest);
  for (const [slot, backend] of before.entries()) if (backend !== gone) assert.equal(after[slot], backend);
  assert.ok(!after.includes(gone ?? assert.fail()));
});
