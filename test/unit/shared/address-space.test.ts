import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressSpace } from "../../../shared/address-space.ts";
import { type IpBlock, toBlock } from "../../../shared/ip-block.ts";

function space(cidr: string, { gateway = "", ipRange = "", services = true } = {}): AddressSpace {
  return new AddressSpace({ cidr, gateway, ipRange, auxiliary: {} }, toBlock(cidr) as IpBlock, services);
}

const cases: readonly (readonly [string, AddressSpace, readonly string[]])[] = [
  ["a /24", space("10.0.0.0/24"), ["10.0.0.2/24", "10.0.0.191/24", "10.0.0.192/24", "10.0.0.254/24"]],
  ["a /29", space("10.0.0.8/29"), ["10.0.0.10/29", "10.0.0.13/29", "10.0.0.14/29", "10.0.0.14/29"]],
  ["a /8", space("10.0.0.0/8"), ["10.0.0.2/8", "10.191.255.255/8", "10.192.0.0/8", "10.255.255.254/8"]],
  [
    "a range of people's own",
    space("10.0.0.0/24", { ipRange: "10.0.0.128/25" }),
    ["10.0.0.128/24", "10.0.0.223/24", "10.0.0.224/24", "10.0.0.254/24"],
  ],
  [
    "a /64 of IPv6, as far as anybody needs it",
    space("fd00::/64"),
    ["fd00::2/64", "fd00::c0:0/64", "fd00::c0:1/64", "fd00::ff:ffff/64"],
  ],
  ["a /125 of IPv6", space("fd00::8/125"), ["fd00::a/125", "fd00::e/125", "fd00::f/125", "fd00::f/125"]],
];
for (const [name, of, expected] of cases) {
  test(`${name}: tasks and services have ${expected.join(", ")}`, () => {
    const [task, service] = [of.rangeOf("task"), of.rangeOf("service")];
    assert.deepEqual(
      [task.first, task.last, service.first, service.last].map((offset) => of.at(offset)),
      expected,
    );
    for (const address of expected) assert.equal(of.at(of.offsetOf(address) ?? -1), address);
  });
}

test("on ingress all of the block is for tasks and hosts", () => {
  const { last } = space("10.0.0.0/24", { services: false }).rangeOf("task");
  assert.equal(last, 254);
});

test("the gateway is in use, wherever it is", () => {
  const used = space("10.0.0.0/24", { gateway: "10.0.0.77" });
  assert.deepEqual(
    Array.from({ length: 256 }, (_, offset) => offset).filter((offset) => used.isUsed(offset)),
    [77],
  );
});

test("an address outside, of the other family, or none has no offset", () => {
  for (const address of ["10.0.1.0", "9.255.255.255/24", "fd00::1", "", "x"])
    assert.equal(space("10.0.0.0/24").offsetOf(address), null);
  for (const address of ["10.0.0.1", "fd00:0:0:1::", "fcff::1", "", "x"])
    assert.equal(space("fd00::/64").offsetOf(address), null);
});
