import { strict as assert } from "node:assert";
import { test } from "node:test";
import { cidrAt, offsetOf, parseSubnet } from "../../../../manager/allocator/subnet.ts";

const good: readonly [string, string, number, string][] = [
  ["10.0.0.0/20", "10.0.0.2/20", 4094, "10.0.15.254/20"],
  ["10.0.0.0/24", "10.0.0.2/24", 254, "10.0.0.254/24"],
  ["192.168.255.248/29", "192.168.255.250/29", 6, "192.168.255.254/29"],
  ["10.0.3.7/24", "10.0.3.2/24", 254, "10.0.3.254/24"],
  ["10.0.0.0/8", "10.0.0.2/8", 16_777_214, "10.255.255.254/8"],
  ["255.255.255.0/24", "255.255.255.2/24", 254, "255.255.255.254/24"],
];
for (const [cidr, first, lastOffset, last] of good) {
  test(`${cidr} gives ${first} to ${last}`, () => {
    const subnet = parseSubnet(cidr);
    assert.equal(cidrAt(subnet, subnet.first), first);
    assert.equal(subnet.last, lastOffset);
    assert.equal(cidrAt(subnet, subnet.last), last);
    assert.equal(offsetOf(subnet, last), lastOffset);
  });
}

for (const cidr of [
  "",
  "10.0.0.0",
  "10.0.0.0/30",
  "10.0.0.0/0",
  "10.0.0.256/24",
  "10.0.0/24",
  "fd00::/64",
  "10.0.0.0/2x",
]) {
  test(`${JSON.stringify(cidr)} is refused as a subnet`, () => {
    assert.throws(() => parseSubnet(cidr), /not an IPv4 subnet of at most \/29/);
  });
}

test("an address outside has no offset", () => {
  const subnet = parseSubnet("10.0.1.0/24");
  for (const address of ["10.0.0.255", "10.0.2.0/24", "nonsense", ""]) assert.equal(offsetOf(subnet, address), null);
});
