import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MessageMeter } from "../../../../shared/rpc/message-meter.ts";
import { ReadBudget } from "../../../../shared/rpc/read-budget.ts";

function framed(sizes: readonly number[]): Buffer {
  return Buffer.concat(
    sizes.map((size) => {
      const bytes = Buffer.alloc(5 + size);
      bytes.writeUInt32BE(size, 1);
      return bytes;
    }),
  );
}

test("however the bytes are cut, the meter holds them all and knows the largest message", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(20), { minLength: 1 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (sizes, cuts) => {
        const bytes = framed(sizes);
        const meter = new MessageMeter();
        for (let at = 0; at < bytes.length; ) {
          const end = Math.min(bytes.length, at + (cuts.next().value ?? 1));
          meter.take(bytes.subarray(at, end));
          at = end;
          assert.equal(meter.held, at);
        }
        assert.equal(meter.largest, Math.max(...sizes));
        meter.taken();
        assert.equal(meter.held, 0);
      },
    ),
  );
});

test("what is taken are complete messages; the one that has begun is still held", () => {
  const meter = new MessageMeter();
  meter.take(framed([10]));
  meter.take(framed([100]).subarray(0, 25));
  assert.deepEqual([meter.held, meter.largest], [40, 100]);
  meter.taken();
  assert.equal(meter.held, 25);
});

test("the budget bounds everybody together and each alone, and forgets who holds nothing", () => {
  const budget = new ReadBudget(10, 6);
  assert.equal(budget.change("a", 6), true);
  assert.equal(budget.change("a", 1), false);
  budget.change("a", -1);
  assert.equal(budget.change("b", 4), true);
  assert.equal(budget.change("c", 1), false);
  for (const [caller, bytes] of [
    ["a", -6],
    ["b", -4],
    ["c", -1],
  ] as const)
    budget.change(caller, bytes);
  assert.equal(budget.total, 0);
});
