import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isOwnRoute, parseObserved } from "../../../../worker/network/observed.ts";

/** As printed by iproute2 6.1, shortened. */
const PRINTED = [
  JSON.stringify([
    { ifname: "lo", flags: ["LOOPBACK", "UP"], mtu: 65536, address: "00:00:00:00:00:00", addr_info: [] },
    {
      ifname: "eth0",
      flags: ["BROADCAST", "UP"],
      mtu: 1400,
      address: "26:7d:5a:89:dd:10",
      addr_info: [
        { family: "inet", local: "10.99.0.1", prefixlen: 24, scope: "global" },
        { family: "inet6", local: "fd00::2", prefixlen: 64, scope: "global" },
      ],
    },
    {
      ifname: "sw-vx4096",
      flags: ["BROADCAST"],
      mtu: 1350,
      address: "02:42:0a:00:00:02",
      linkinfo: { info_kind: "vxlan", info_data: { id: 4096, port: 4789, local: "10.99.0.1", learning: false } },
      addr_info: [{ family: "inet", local: "10.0.0.2", prefixlen: 24, scope: "global" }],
    },
  ]),
  JSON.stringify([
    { type: "unicast", dst: "default", gateway: "10.99.0.254", dev: "eth0", protocol: "boot", flags: [] },
    { type: "unreachable", dst: "10.0.0.0/24", protocol: "83", flags: [] },
    { type: "unreachable", dst: "10.50.0.0/24", protocol: "boot", flags: [] },
    { type: "unicast", dst: "10.0.0.5", gateway: "10.0.0.3", dev: "sw-vx4096", protocol: "83", prefsrc: "10.0.0.2" },
  ]),
  JSON.stringify([
    { dst: "10.0.0.3", dev: "sw-vx4096", lladdr: "02:42:0a:00:00:03", state: ["PERMANENT"] },
    { dst: "10.99.0.9", dev: "eth0", lladdr: "02:42:0a:00:00:09", state: ["PERMANENT"] },
  ]),
].join("\n");
const PRINTED_FDB = JSON.stringify([
  { mac: "33:33:00:00:00:01", ifname: "eth0", flags: ["self"], state: "permanent" },
  { mac: "02:42:0a:00:00:03", ifname: "sw-vx4096", dst: "10.99.0.2", flags: ["self"], state: "permanent" },
]);

describe("observed state", () => {
  const observed = parseObserved(PRINTED, PRINTED_FDB);

  it("reads devices with what matters of them", () => {
    assert.deepEqual(observed.links.at(-1), {
      name: "sw-vx4096",
      kind: "vxlan",
      up: false,
      mtu: 1350,
      mac: "02:42:0a:00:00:02",
      vxlan: { vni: 4096, port: 4789, local: "10.99.0.1" },
    });
    assert.equal(observed.links[1]?.up, true);
    assert.deepEqual(
      observed.addresses.map(({ cidr }) => cidr),
      ["10.99.0.1/24", "fd00::2/64", "10.0.0.2/24"],
    );
  });

  it("tells our routes, neighbours and forwarding entries from those of others", () => {
    assert.deepEqual(
      observed.routes.filter(isOwnRoute).map(({ destination }) => destination),
      ["10.0.0.0/24", "10.0.0.5"],
    );
    assert.deepEqual(observed.neighbours, [{ device: "sw-vx4096", address: "10.0.0.3", mac: "02:42:0a:00:00:03" }]);
    assert.deepEqual(observed.forwarding, [
      { device: "sw-vx4096", mac: "02:42:0a:00:00:03", destination: "10.99.0.2" },
    ]);
  });

  it("takes empty tables, printed as empty lists or not at all", () => {
    const links = PRINTED.split("\n")[0] ?? "";
    for (const rest of ["", "\n[]\n[]\n"]) {
      const { routes, neighbours } = parseObserved(links + rest, "");
      assert.deepEqual([routes, neighbours], [[], []]);
    }
  });

  it("refuses what is not a list", () => {
    assert.throws(() => parseObserved("[{", ""), /printed what is not a list/);
  });
});
