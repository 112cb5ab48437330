import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  addressAt,
  addressOf,
  formatAddress,
  macOf,
  overlaps,
  parseAddress,
  parseCidr,
  sizeOf,
  subnetOf,
} from "../../../shared/ipv4.ts";

const anyAddress = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const anyPrefix = fc.integer({ min: 0, max: 32 });
const anyCidr = fc.tuple(anyAddress, anyPrefix).map(([address, prefix]) => `${formatAddress(address)}/${prefix}`);

describe("ipv4", () => {
  it("reads back every address it writes", () => {
    fc.assert(fc.property(anyAddress, (address) => parseAddress(formatAddress(address)) === address));
  });

  for (const [cidr, subnet, size] of [
    ["10.0.0.5/24", "10.0.0.0/24", 256],
    ["172.31.255.255/20", "172.31.240.0/20", 4096],
    ["255.255.255.255/32", "255.255.255.255/32", 1],
    ["192.0.2.1/0", "0.0.0.0/0", 2 ** 32],
    ["200.1.2.3/1", "128.0.0.0/1", 2 ** 31],
  ] as const)
    it(`puts ${cidr} into ${subnet} with ${size} addresses`, () => {
      assert.equal(subnetOf(cidr), subnet);
      assert.equal(sizeOf(cidr), size);
    });

  it("counts addresses from the start of the block", () => {
    assert.equal(addressAt("10.0.255.7/16", 0), "10.0.0.0");
    assert.equal(addressAt("10.0.0.0/16", 257), "10.0.1.1");
  });

  it("makes the MAC of an address out of its four bytes", () => {
    assert.equal(macOf("10.0.0.5/24"), "02:42:0a:00:00:05");
    assert.equal(macOf("255.171.0.16"), "02:42:ff:ab:00:10");
  });

  it("says that two blocks overlap exactly when the wider one holds the narrower one's first address", () => {
    fc.assert(
      fc.property(anyCidr, anyCidr, (left, right) => {
        const [wide, narrow] = parseCidr(left).prefix <= parseCidr(right).prefix ? [left, right] : [right, left];
        const first = addressOf(subnetOf(narrow));
        const expected = subnetOf(`${first}/${parseCidr(wide).prefix}`) === subnetOf(wide);
        return overlaps(left, right) === expected && overlaps(right, left) === expected;
      }),
    );
  });

  for (const text of [
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.1/33",
    "10.0.0.1/24/8",
    "10.0.0.1/",
    "::1",
    " 10.0.0.1",
    "010.0.0.1",
    "a.b.c.d",
  ])
    it(`refuses ${JSON.stringify(text)} with a sentence`, () => {
      assert.throws(() => parseCidr(text), /^SwarmError: not an IPv4 address/);
    });
});
