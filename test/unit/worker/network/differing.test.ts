import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { differing } from "../../../../worker/network/differing.ts";

describe("the difference of two lists", () => {
  const item = fc.oneof(fc.constantFrom("a", "b", "c"), fc.record({ name: fc.constantFrom("a", "b") }));

  it("is what is left without a common beginning and end", () => {
    fc.assert(
      fc.property(fc.array(item), fc.array(item), fc.array(item), fc.array(item), (start, end, left, right) => {
        const [onlyLeft, onlyRight] = differing([...start, ...left, ...end], [...start, ...right, ...end]);
        const size = { left: onlyLeft.length, right: onlyRight.length };
        assert.ok(size.left <= left.length && size.right <= right.length);
        // Both can be made of it again: what was taken away is the same on both sides.
        const whole = [...start, ...left, ...end];
        const other = [...start, ...right, ...end];
        const taken = whole.length - size.left;
        assert.equal(other.length - size.right, taken);
        const from = whole.findIndex((_, at) => at + size.left <= whole.length && isAt(whole, onlyLeft, at));
        assert.ok(size.left === 0 || from >= 0);
      }),
    );
  });

  it("is one item where one was put in, taken out or replaced", () => {
    const before = [{ name: "a" }, { name: "b" }, { name: "c" }];
    const copies = before.map((entry) => ({ ...entry }));
    assert.deepEqual(differing(before, copies), [[], []]);
    assert.deepEqual(differing(before, copies.toSpliced(1, 1)), [[{ name: "b" }], []]);
    assert.deepEqual(differing(before, copies.toSpliced(1, 0, { name: "x" })), [[], [{ name: "x" }]]);
    assert.deepEqual(differing(before, copies.with(2, { name: "x" })), [[{ name: "c" }], [{ name: "x" }]]);
  });

  it("sees a property that only one of two items has", () => {
    assert.deepEqual(differing<object>([{ a: 1 }], [{ a: 1, b: 2 }]), [[{ a: 1 }], [{ a: 1, b: 2 }]]);
  });
});

function isAt(list: readonly unknown[], part: readonly unknown[], at: number): boolean {
  return part.every((item, offset) => list[at + offset] === item);
}
