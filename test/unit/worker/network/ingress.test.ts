import assert from "node:assert/strict";
import { test } from "node:test";
import { readIngress } from "../../../../worker/network/ingress.ts";
import { hostOf, ingressTable, nodeIdOf, taskIdOf } from "../../../support/network-objects.ts";

const self = hostOf(1);

test("a host with an address that leads nowhere from here is left out, and hurts no other", () => {
  for (const address of ["", "fd00::2", "fe80::2", "10.0.0.0/8", "10.0.0.2\nfdb del", "::"]) {
    const odd = { ...hostOf(2), address };
    const table = ingressTable([self, odd, hostOf(3)], { tasks: [{ id: taskIdOf("t1"), host: odd }] });
    const ingress = readIngress([table], nodeIdOf(1));
    assert.deepEqual(
      ingress?.others.map(({ dataPathAddress }) => dataPathAddress),
      [hostOf(3).address],
      address,
    );
    assert.deepEqual(ingress?.endpoints, [], "there is no way to its tasks");
  }
});

test("an IPv4 address in IPv6's clothes is that address", () => {
  const table = ingressTable([self, { ...hostOf(2), address: "::ffff:10.98.0.2" }]);
  assert.equal(readIngress([table], nodeIdOf(1))?.others[0]?.dataPathAddress, "10.98.0.2");
});

test("on an IPv6 data path those of IPv6 are the ones in reach", () => {
  const table = ingressTable([{ ...self, address: "fd00::1" }, { ...hostOf(2), address: "fd00::2" }, hostOf(3)]);
  assert.deepEqual(
    readIngress([table], nodeIdOf(1))?.others.map(({ dataPathAddress }) => dataPathAddress),
    ["fd00::2"],
  );
});

test("a network that has grown has several blocks, and each host of them a zone of its own", () => {
  // 10.0.0.3 and 10.1.0.2 are 65,535 apart.
  const far = { ...hostOf(3), ingressAddress: "10.1.0.2" };
  const table = ingressTable([self, far, hostOf(2)], {
    moreSubnets: ["10.1.0.0/24"],
    subnet6: "fd00:1::/64",
    tasks: [{ id: taskIdOf("t1"), host: far, address: "10.1.0.9/24" }],
  });
  const ingress = readIngress([table], nodeIdOf(1));
  assert.deepEqual(ingress?.subnets, ["10.0.0.0/24", "10.1.0.0/24"]);
  assert.equal(ingress?.gateway, "10.0.0.1");
  const zones = new Map(ingress?.others.map(({ address, zone }) => [address, zone]));
  assert.deepEqual([zones.get("10.0.0.3"), zones.get("10.1.0.2")], [2_564, 2_565]);
  assert.equal(ingress?.endpoints[0]?.host?.zone, 2_565, "and its tasks' host is that one");
});
