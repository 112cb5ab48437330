import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPools } from "../../../../manager/allocator/block-pool.ts";

describe("default address pools", () => {
  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["ten"], 0, /^invalid default address pool "ten": expected an IPv4 block such as 10\.20\.0\.0\/16$/],
    [["10.0.0.7/16"], 0, /^invalid default address pool/],
    [["fd00::/48"], 0, /^invalid default address pool/],
    [["0.0.0.0/0"], 0, /too large: at most a \/8$/],
    [["10.0.0.0/28"], 0, /too small for networks of \/24/],
    [["10.0.0.0/16", "10.0.4.0/24"], 0, /^default address pools 10\.0\.0\.0\/16 and 10\.0\.4\.0\/24 overlap$/],
    [[], 30, /^invalid default address pool mask length 30: it must be in 8\.\.29$/],
    [[], 7, /mask length 7/],
  ];
  for (const [pools, prefix, sentence] of wrong) {
    test(`${pools.join(", ")} with /${prefix} are refused`, () => {
      assert.throws(
        () => checkPools(pools, prefix),
        (error: Error) => sentence.test(error.message),
      );
    });
  }
  test("what fits is taken", () => {
    checkPools([], 0);
    checkPools(["10.0.0.0/16", "172.16.0.0/12"], 26);
  });
});
