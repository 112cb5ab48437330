/** Names are put in the order of a collator for English, which loads too slowly to be asked. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { naturalCompare } from "../../swarmctl/format/natural-order.ts";

const collator = new Intl.Collator("en", { numeric: true });
const sign = fc.constantFrom(..."ab z_-.0129".split(""), "A", "ä", "99999999999999999");
const name = fc.array(sign, { maxLength: 8 }).map((signs) => signs.join(""));
const plain = fc.array(fc.constantFrom(..."abz_-.0129".split("")), { maxLength: 8 }).map((signs) => signs.join(""));

test("any two names compare as the collator compares them", () => {
  for (const names of [plain, name]) {
    fc.assert(
      fc.property(names, names, (a, b) => {
        assert.equal(Math.sign(naturalCompare(a, b)), Math.sign(collator.compare(a, b)), `${a} and ${b}`);
      }),
      { numRuns: 2_000 },
    );
  }
});
