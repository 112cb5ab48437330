import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonBytes } from "../../../shared/json-size.ts";

const bytes = fc.uint8Array({ maxLength: 20 });
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom(null, true, false),
    bytes,
    bytes.map((each) => Buffer.from(each)),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 5 }),
  ),
}));

test("a value is over its limit exactly when its JSON is, and then its bytes are told exactly", () => {
  fc.assert(
    fc.property(value, fc.nat(2_000), (given, bytesMax) => {
      const real = Buffer.byteLength(JSON.stringify(given));
      const told = jsonBytes(given, bytesMax);
      assert.equal(told > bytesMax, real > bytesMax);
      if (told > bytesMax) assert.equal(told, real);
      else assert.ok(told >= real);
    }),
    { numRuns: 2_000 },
  );
});
