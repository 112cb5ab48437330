import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClusterId, NodeId } from "../../../shared/ids.ts";
import type { InterfaceAddress } from "../../../swarmd/advertise.ts";
import {
  ADDRESS_CONFIRM_MS,
  ADDRESS_LOOK_MS,
  followInterfaces,
  hasMoved,
  untilMoved,
} from "../../../swarmd/moved-addresses.ts";
import type { NodeRecord } from "../../../swarmd/node-record.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const on = (interfaceName: string, ...addresses: readonly string[]): readonly InterfaceAddress[] =>
  addresses.map((address) => {
    return { interfaceName, address, family: address.includes(":") ? "IPv6" : "IPv4", internal: false };
  });

const record = (rest: Partial<NodeRecord> = {}): NodeRecord => ({
  ...{ format: 1, nodeId: "n" as NodeId, clusterId: "c" as ClusterId, role: "WORKER", managers: [] },
  ...{ advertiseAddress: "10.1.0.1:2377", listenAddress: "0.0.0.0:2377", dataPathAddress: "10.1.0.1" },
  ...rest,
});

/** As it is after a look at a host that has the address on eth0. */
const known = (rest: Partial<NodeRecord> = {}): NodeRecord =>
  followInterfaces(record(rest), [...on("eth0", "10.1.0.1", "fd00::1"), ...on("eth1", "192.168.7.1")]);

const addresses = ({ advertiseAddress, listenAddress, dataPathAddress }: NodeRecord): readonly string[] => [
  ...[advertiseAddress, listenAddress, dataPathAddress],
];

describe("a node's addresses", () => {
  it("stay while the host has them, and their interfaces are remembered", () => {
    assert.deepEqual(known(), { ...record(), advertiseInterface: "eth0", dataPathInterface: "eth0" });
    const renamed = followInterfaces(known(), on("lan0", "10.1.0.1"));
    assert.deepEqual(renamed, { ...record(), advertiseInterface: "lan0", dataPathInterface: "lan0" });
    assert.equal(hasMoved(known(), renamed), false);
  });

  it("follow the interface that has another address now, of the same family", () => {
    const all = [...on("eth0", "10.1.0.9", "fd00::9", "fe80::9", "169.254.3.3"), ...on("eth1", "192.168.7.1")];
    const now = followInterfaces(known(), all);
    assert.deepEqual(addresses(now), ["10.1.0.9:2377", "0.0.0.0:2377", "10.1.0.9"]);
    assert.equal(hasMoved(known(), now), true);
    const six = { advertiseAddress: "[fd00::1]:2377", dataPathAddress: "fd00::1" };
    assert.deepEqual(addresses(followInterfaces(known(six), all)), ["[fd00::9]:2377", "0.0.0.0:2377", "fd00::9"]);
  });

  it("each follow their own, and where the node listens on its address alone, that too", () => {
    const apart = known({ listenAddress: "10.1.0.1:2399", dataPathAddress: "192.168.7.1" });
    const now = followInterfaces(apart, [...on("eth0", "10.1.0.9"), ...on("eth1", "192.168.7.1")]);
    assert.deepEqual(addresses(now), ["10.1.0.9:2377", "10.1.0.9:2399", "192.168.7.1"]);
    const other = followInterfaces(apart, [...on("eth0", "10.1.0.1"), ...on("eth1", "192.168.7.9")]);
    assert.deepEqual(addresses(other), ["10.1.0.1:2377", "10.1.0.1:2399", "192.168.7.9"]);
  });

  it("stay when nobody can say which others are meant: none, several, or of no interface of this host", () => {
    for (const all of [[], on("eth1", "192.168.7.1"), on("eth0", "10.1.0.8", "10.1.0.9"), on("eth0", "fd00::9")])
      assert.deepEqual(followInterfaces(known(), all), known(), JSON.stringify(all));
    // The address that others use is translated on its way here.
    const behind = followInterfaces(record({ advertiseAddress: "203.0.113.5:2377" }), on("eth0", "10.1.0.1"));
    assert.equal(followInterfaces(behind, on("eth0", "10.1.0.9")).advertiseAddress, "203.0.113.5:2377");
  });

  it("have moved once two looks show the same, not while one is renewed", async () => {
    const clock = new VirtualClock();
    let all = on("eth0", "10.1.0.9");
    let isMoved = false;
    let isUnreadable = false;
    const over = new AbortController();
    const interfaces = (): readonly InterfaceAddress[] => {
      if (isUnreadable) throw new Error("too many open files");
      return all;
    };
    const options = { interfaces, clock };
    const watch = untilMoved(known, options, over.signal).then(() => {
      isMoved = true;
    });
    await clock.run(ADDRESS_LOOK_MS);
    all = on("eth0", "10.1.0.1");
    await clock.run(ADDRESS_CONFIRM_MS + ADDRESS_LOOK_MS);
    all = on("eth0", "10.1.0.8");
    await clock.run(ADDRESS_LOOK_MS);
    all = on("eth0", "10.1.0.7");
    await clock.run(ADDRESS_CONFIRM_MS);
    assert.equal(isMoved, false);
    isUnreadable = true;
    await clock.run(ADDRESS_CONFIRM_MS);
    isUnreadable = false;
    await clock.run(ADDRESS_LOOK_MS);
    assert.equal(isMoved, false, "begins anew after a look that failed");
    await clock.run(ADDRESS_CONFIRM_MS);
    await watch;
    assert.equal(isMoved, true);
    const ended = untilMoved(known, { ...options, interfaces: () => [] }, over.signal);
    over.abort(new Error("over"));
    await assert.rejects(ended, /over/);
    assert.deepEqual(clock.pending, []);
  });
});
