import { strict as assert } from "node:assert";
import { test } from "node:test";
import { MAX_UNAVAILABLE, unavailableMax } from "../../../../shared/service-spec/max-unavailable.ts";

const CASES: readonly (readonly [text: string, wanted: number, most: number | null])[] = [
  ["", 3, null],
  ["0", 3, 0],
  ["2", 3, 2],
  ["5", 3, 5],
  ["0%", 3, 0],
  ["25%", 8, 2],
  ["25%", 3, 1],
  ["100%", 3, 3],
];

for (const [text, wanted, most] of CASES) {
  test(`"${text}" of ${wanted} tasks is ${most ?? "any number"}`, () => {
    assert.equal(unavailableMax(text, wanted), most);
  });
}

test("other texts are refused", () => {
  for (const text of ["-1", "1.5", "101%", "some", "% 5", "1 0", "9999999999"])
    assert(!MAX_UNAVAILABLE.test(text), text);
});
