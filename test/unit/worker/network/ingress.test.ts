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
