import assert from "node:assert/strict";
import { test } from "node:test";
import { WideMap } from "../../../../manager/allocator/wide-map.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";

test("holds what a map holds, whatever is set and deleted", () => {
  const random = seededRandom(7);
  const [wide, plain] = [new WideMap<number>(), new Map<string, number>()];
  for (let step = 0; step < 20_000; step++) {
    const key = `task ${random.below(500)}`;
    if (random.below(3) === 0) {
      wide.delete(key);
      plain.delete(key);
    } else {
      wide.set(key, step);
      plain.set(key, step);
    }
    assert.equal(wide.get(key), plain.get(key));
    assert.equal(wide.size, plain.size);
  }
  assert.deepEqual([...wide.values()].toSorted(), [...plain.values()].toSorted());
});
