/** Addresses of IPv6 mean what they mean to the system, and are written as a library writes them. */
import { strict as assert } from "node:assert";
import { isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { Address6 } from "ip-address";
import { formatAddress6, toAddress6 } from "../../shared/ipv6.ts";

/** With many zeros, which is what there is to leave out. */
const group = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const value = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((sum, each) => (sum << 16n) | BigInt(each), 0n));
const word = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "00",
    "0000",
    "00000",
    "1",
    "ffff",
    "FFFF",
    "g",
    "10.0.0.1",
    "1.2.3",
    "01.2.3.4",
    "a%1",
    "/64",
  ),
  fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16)),
);
const almost = fc.array(word, { maxLength: 10 }).map((words) => words.join(":"));

test("a number is written as RFC 5952 has it, and read back", () => {
  fc.assert(
    fc.property(value, (number) => {
      const text = formatAddress6(number);
      assert.equal(text, Address6.fromBigInt(number).correctForm());
      assert.equal(toAddress6(text), number);
    }),
  );
});

test("what is no address to the system is none, and an address means the same number", () => {
  fc.assert(
    fc.property(almost, (text) => {
      const number = toAddress6(text);
      // A zone is part of an address for the system; here it is not.
      assert.equal(number !== null, isIPv6(text) && !text.includes("%"), text);
      if (number !== null) assert.equal(number, new Address6(text).bigInt());
    }),
    { numRuns: 2_000 },
  );
});

test("an address is read however it is written", () => {
  const written: readonly (readonly [string, bigint])[] = [
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000n],
    ["::FFFF:10.0.0.1", 0xffff_0a00_0001n],
    ["0:0:0:0:0:ffff:10.0.0.1", 0xffff_0a00_0001n],
  ];
  for (const [text, number] of written) assert.equal(toAddress6(text), number, text);
});
