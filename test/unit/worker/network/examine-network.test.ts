import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObservedLink, ObservedState } from "../../../../worker/netlink/state.ts";
import { type KernelSeen, networkExamination } from "../../../../worker/network/examine-network.ts";
import { hostOf, ingressTable, nodeIdOf } from "../../../support/network-objects.ts";

const HOSTS = [1, 2, 3].map(hostOf);

function link(name: string, part: Partial<ObservedLink>): ObservedLink {
  return { ...{ name, kind: "", up: true, mtu: 1500, mac: "02:00:00:00:00:01", vxlan: null }, ...part };
}

function seen(links: readonly ObservedLink[]): KernelSeen {
  const observed: ObservedState = {
    links,
    addresses: [{ device: "eth1", cidr: "10.98.0.1/24" }],
    ...{ routes: [], neighbours: [], forwarding: [], settings: new Map() },
  };
  const nothing = { failures: [], repaired: [], foreignDrops: [], inputDrops: [] };
  return { observed, listeners: [], forwards: true, carriesIpv6: true, ...nothing };
}

const healthy = seen([link("eth1", { mtu: 1400 }), link("sw-vx4096", { kind: "vxlan", mtu: 1350 })]);

test("tells this host's address on the ingress network from the others', and what is assumed to fit", () => {
  const found = networkExamination([ingressTable(HOSTS)], nodeIdOf(1), healthy);
  assert.equal(found.overlayAddress, "10.0.0.2");
  assert.deepEqual(Object.fromEntries(found.overlayAddresses), {
    [nodeIdOf(2)]: "10.0.0.3",
    [nodeIdOf(3)]: "10.0.0.4",
  });
  const { overlayUp, overlayMtu, linkMtu } = found.dataPath;
  assert.deepEqual({ overlayUp, overlayMtu, linkMtu }, { overlayUp: true, overlayMtu: 1350, linkMtu: 1400 });
});

test("a device that is missing or down, and a host that is not on the network, have no way into the overlay", () => {
  const cases: readonly (readonly [Parameters<typeof networkExamination>[0], KernelSeen])[] = [
    [[ingressTable(HOSTS)], seen([link("eth1", {})])],
    [[ingressTable(HOSTS)], seen([link("sw-vx4096", { up: false })])],
    [[ingressTable(HOSTS.slice(1))], healthy],
    [[], healthy],
  ];
  for (const [tables, what] of cases) {
    const found = networkExamination(tables, nodeIdOf(1), what);
    assert.equal(found.dataPath.overlayUp, false);
    assert.equal(found.overlayAddress, null);
  }
});

test("names the address of IPv6 at which published ports answer: one that others reach, of a host that carries it", () => {
  const cidrs = ["::1/128", "fe80::1/64", "fd98::1/64"].map((cidr) => ({ device: "eth1", cidr }));
  const addresses = [{ device: "sw-vx4096", cidr: "fd00:1::a00:2/64" }, ...cidrs];
  const what = { ...healthy, observed: { ...healthy.observed, addresses } };
  assert.equal(networkExamination([ingressTable(HOSTS)], nodeIdOf(1), what).address6, "fd98::1");
  assert.equal(networkExamination([], nodeIdOf(1), { ...what, carriesIpv6: false }).address6, null);
  assert.equal(networkExamination([], nodeIdOf(1), healthy).address6, null);
});
