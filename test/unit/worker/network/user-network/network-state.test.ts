import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NodeId } from "../../../../../shared/ids.ts";
import type { LocalTask } from "../../../../../worker/network/user-network/local-task.ts";
import {
  type NamespaceState,
  networkMtu,
  networkState,
  taskState,
} from "../../../../../worker/network/user-network/network-state.ts";
import { type NetworkView, readNetwork } from "../../../../../worker/network/user-network/network-view.ts";
import {
  localTask,
  type UserTableOptions,
  userEndpoint,
  userTable,
  wireId,
} from "../../../../support/user-network-objects.ts";

const facts = { linkMtu: 1_500, localAddresses: new Set(["10.98.0.1"]) };
const here = userEndpoint("here", "web", 1, 4);
const there = userEndpoint("there", "web", 2, 5);
const viewOf = (options: UserTableOptions): NetworkView =>
  readNetwork(userTable(options), wireId("node1") as NodeId) as NetworkView;
const stateOf = (options: UserTableOptions, tasks: readonly LocalTask[] = []): NamespaceState =>
  networkState(viewOf(options), tasks, facts);

describe("the state of a network's namespace", () => {
  it("tells where each task is: the host's MAC for one elsewhere, its own link for one here", () => {
    const { neighbours, routes, forwarding } = stateOf({ hosts: 2, endpoints: [here, there] }, [localTask(here)]);
    const link = "swn-here0000000";
    const mac = "0a:45:54:2c:80:0a";
    assert.deepEqual(neighbours, [
      { device: link, address: "10.5.0.4", mac: "02:42:0a:05:00:04" },
      { device: link, address: "fd00:5::4", mac: "02:42:0a:05:00:04" },
      { device: "sw-vx4097", address: "10.5.0.5", mac },
      { device: "sw-vx4097", address: "fd00:5::5", mac },
    ]);
    assert.deepEqual(
      routes.map(({ destination, device }) => `${destination} ${device}`),
      ["10.5.0.0/24 sw-vx4097", "fd00:5::/64 sw-vx4097", `10.5.0.4 ${link}`, `fd00:5::4 ${link}`],
    );
    assert.deepEqual(forwarding, [{ device: "sw-vx4097", mac, destination: "10.98.0.2" }]);
  });

  it("believes this host's tasks more than a table that has their address elsewhere", () => {
    const late = userEndpoint("late", "web", 2, 4);
    const { neighbours } = stateOf({ endpoints: [late, there] }, [localTask(here)]);
    assert.deepEqual(
      neighbours.filter(({ device }) => device === "sw-vx4097").map(({ address }) => address),
      ["10.5.0.5", "fd00:5::5"],
    );
  });

  it("has one entry for an address that two lines name while a task moves", () => {
    const { neighbours } = stateOf({ endpoints: [there, userEndpoint("next", "web", 3, 5)] });
    assert.deepEqual(
      neighbours.map(({ address }) => address),
      ["10.5.0.5", "fd00:5::5"],
    );
  });

  it("reaches a network's further blocks by the same device, and by the first gateway from within a task", () => {
    const blocks = [
      { cidr: "10.5.0.0/24", gateway: "10.5.0.1" },
      { cidr: "10.6.0.0/24", gateway: "10.6.0.1" },
    ];
    const task = localTask({ ...here, address6: "" });
    const view = viewOf({ blocks });
    assert.deepEqual(
      stateOf({ blocks }).addresses.map(({ cidr }) => cidr),
      ["10.5.0.1/32", "10.6.0.1/32"],
    );
    assert.deepEqual(
      taskState(view, task).routes.map(({ destination, via, source }) => [destination, via, source]),
      [
        ["10.5.0.1", null, null],
        ["10.5.0.0/24", "10.5.0.1", "10.5.0.4"],
        ["10.6.0.0/24", "10.5.0.1", "10.5.0.4"],
      ],
    );
  });

  it("leaves room for VXLAN around a packet, and never more than was asked for", () => {
    const ipv6 = (host: number): string => `fd00::${host}`;
    assert.equal(networkMtu(viewOf({}), facts), 1_450);
    assert.equal(networkMtu(viewOf({ dataPathAddress: ipv6 }), facts), 1_430);
    assert.equal(networkMtu(viewOf({ mtu: 1_400 }), facts), 1_400);
    assert.equal(networkMtu(viewOf({ mtu: 9_000 }), facts), 1_450);
  });

  it("is this host's alone with driver bridge: nothing leads to other hosts, and packets may be as large as the link's", () => {
    const options = { driver: "bridge", vni: 0, endpoints: [here, there] };
    const state = stateOf(options, [localTask(here)]);
    assert.deepEqual(
      state.links.map(({ name, mtu }) => `${name} ${mtu}`),
      ["swn-here0000000 1500"],
    );
    assert.deepEqual(
      [...state.routes, ...state.neighbours, ...state.forwarding].map(({ device }) => device),
      Array(4).fill("swn-here0000000"),
    );
    assert.deepEqual(
      viewOf(options).endpoints.map(({ taskId }) => taskId),
      [here.taskId],
    );
  });

  it("sends from its data path address only where the host has it", () => {
    const local = ({ links }: NamespaceState): unknown => links[0]?.kind === "vxlan" && links[0].local;
    assert.equal(local(stateOf({})), "10.98.0.1");
    assert.equal(local(stateOf({ dataPathAddress: (host) => `192.0.2.${host}` })), null);
  });

  it("keeps the entries of endpoints that did not change as the same objects", () => {
    const view = viewOf({ endpoints: [there] });
    assert.equal(networkState(view, [], facts).neighbours[0], networkState(view, [], facts).neighbours[0]);
  });
});
