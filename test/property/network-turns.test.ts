import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { placeBackends } from "../../worker/network/user-network/turns.ts";

const ready = fc.uniqueArray(
  fc.nat({ max: 30 }).map((last) => `10.5.0.${last}`),
  { maxLength: 20 },
);

describe("the order in which backends get connections", () => {
  it("is of exactly the ready backends, each once, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(ready), (steps) => {
        let places: readonly string[] = [];
        for (const step of steps) {
          places = placeBackends(places, step);
          assert.deepEqual(places.toSorted(), step.toSorted());
        }
      }),
    );
  });

  it("changes in at most two places when one backend comes or goes", () => {
    fc.assert(
      fc.property(fc.array(ready), ready, fc.nat({ max: 40 }), (steps, now, pick) => {
        const before = [...steps, now].reduce<readonly string[]>(placeBackends, []);
        const other = `10.5.0.${pick}`;
        const after = placeBackends(before, now.includes(other) ? now.filter((one) => one !== other) : [...now, other]);
        const size = Math.max(before.length, after.length);
        const changed = Array.from({ length: size }, (_, at) => at).filter((at) => before[at] !== after[at]);
        assert.ok(changed.length <= 2, `${before} became ${after}`);
      }),
    );
  });

  it("is the same object when nothing changed, in whatever order the backends are told", () => {
    const before = placeBackends([], ["10.5.0.3", "10.5.0.2"]);
    assert.equal(placeBackends(before, ["10.5.0.2", "10.5.0.3"]), before);
  });
});
