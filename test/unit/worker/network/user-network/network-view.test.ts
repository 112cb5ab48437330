import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NodeId } from "../../../../../shared/ids.ts";
import type { NetworkTable } from "../../../../../shared/rpc/gen/dispatcher.ts";
import { type NetworkView, readNetwork } from "../../../../../worker/network/user-network/network-view.ts";
import { userEndpoint, userService, userTable, wireId } from "../../../../support/user-network-objects.ts";

const self = wireId("node1") as NodeId;
const read = (table: NetworkTable): NetworkView => readNetwork(table, self) as NetworkView;

describe("the view of a network's table", () => {
  it("is nothing while the table lacks a number, a block, or this host", () => {
    const table = userTable();
    const network = table.network as NonNullable<NetworkTable["network"]>;
    assert.equal(readNetwork({ ...table, network: { ...network, vni: 0 } }, self), null);
    assert.equal(readNetwork({ ...table, network: { ...network, subnets: [] } }, self), null);
    assert.equal(readNetwork({ ...table, network: null }, self), null);
    assert.equal(readNetwork(table, wireId("node9") as NodeId), null);
  });

  it("of a network that this host has for itself needs no host's line, in a swarm or in none", () => {
    const table = userTable({ driver: "bridge", vni: 0, hosts: 0, endpoints: [userEndpoint("mine", "web", 1, 4)] });
    const own = { ...table, endpoints: table.endpoints.map((endpoint) => ({ ...endpoint, nodeId: "" })) };
    for (const nodeId of [self, "" as NodeId]) {
      const view = readNetwork(own, nodeId);
      assert.deepEqual([view?.vni, view?.others], [null, []]);
      assert.deepEqual(
        view?.endpoints.map(({ taskId, host }) => [taskId, host]),
        [[wireId("mine"), null]],
      );
    }
    assert.equal(readNetwork({ ...own, network: { ...userTable({ hosts: 0 }).network } } as NetworkTable, self), null);
  });

  it("leaves out what makes no sense and keeps the rest", () => {
    const table = userTable({
      endpoints: [
        userEndpoint("good", "web", 2, 4),
        userEndpoint("hostile", "web", 2, 5, { address: "10.5.0.5 } ; flush ruleset" }),
        userEndpoint("lost", "web", 9, 6),
        userEndpoint("twisted", "web", 2, 7, { address: "fd00:5::7/64", address6: "" }),
      ],
      services: [userService("web", 130), userService("bad", 131, { virtualIp: "x" }), userService("no id;", 132)],
    });
    const view = read(table);
    assert.deepEqual(
      view.endpoints.map(({ taskId }) => taskId),
      [wireId("good")],
    );
    assert.deepEqual(
      view.services.map(({ serviceId }) => serviceId),
      [wireId("web")],
    );
  });

  it("has no host to which this one cannot send: another protocol, or no address", () => {
    const addresses = ["10.98.0.1", "10.98.0.2", "fd00::3", "0.0.0.0"];
    const view = read(userTable({ hosts: 4, dataPathAddress: (host) => addresses[host - 1] ?? "" }));
    assert.deepEqual(
      view.others.map(({ dataPathAddress }) => dataPathAddress),
      ["10.98.0.2"],
    );
  });

  it("has the same objects for lines that did not change", () => {
    const table = userTable({
      endpoints: [userEndpoint("a", "web", 2, 4), userEndpoint("b", "web", 1, 5)],
      services: [userService("web", 130)],
    });
    const moved = userEndpoint("b", "web", 3, 5);
    const before = read(table);
    const after = read({ ...table, endpoints: [table.endpoints[0] as (typeof table.endpoints)[number], moved] });
    assert.equal(after.endpoints[0], before.endpoints[0]);
    assert.equal(after.services[0], before.services[0]);
    assert.equal(after.endpoints[1]?.host?.nodeId, wireId("node3"));
  });
});
