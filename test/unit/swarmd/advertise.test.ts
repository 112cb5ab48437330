import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import {
  chooseAdvertiseAddress,
  type InterfaceAddress,
  joinHostPort,
  splitHostPort,
} from "../../../swarmd/advertise.ts";

const loopback: InterfaceAddress = { interfaceName: "lo", address: "127.0.0.1", family: "IPv4", internal: true };
const eth0: InterfaceAddress = { interfaceName: "eth0", address: "192.168.0.100", family: "IPv4", internal: false };
const eth0v6: InterfaceAddress = { interfaceName: "eth0", address: "2001:db8::1", family: "IPv6", internal: false };
const eth1: InterfaceAddress = { interfaceName: "eth1", address: "10.0.0.5", family: "IPv4", internal: false };
const docker0: InterfaceAddress = { interfaceName: "docker0", address: "172.17.0.1", family: "IPv4", internal: false };

describe("the advertise address", () => {
  it("is the only usable address when nothing is asked for", () => {
    assert.deepEqual(chooseAdvertiseAddress("", [loopback, eth0, eth0v6, docker0]), {
      ip: "192.168.0.100",
      port: null,
    });
  });
  it("is an IPv6 address when there is no other", () => {
    assert.equal(chooseAdvertiseAddress("", [loopback, eth0v6]).ip, "2001:db8::1");
  });
  it("is never guessed among several", () => {
    assert.throws(
      () => chooseAdvertiseAddress("", [eth0, eth1]),
      (error: SwarmError) =>
        error.code === "failedPrecondition" && /192\.168\.0\.100 on eth0, 10\.0\.0\.5 on eth1/.test(error.message),
    );
  });
  it("cannot be found on a host with loopback only", () => {
    assert.throws(() => chooseAdvertiseAddress("", [loopback]), /no address other hosts could reach/);
  });
  const asked: readonly [string, { ip: string; port: number | null }][] = [
    ["192.168.7.7", { ip: "192.168.7.7", port: null }],
    ["192.168.7.7:2400", { ip: "192.168.7.7", port: 2400 }],
    ["eth1", { ip: "10.0.0.5", port: null }],
    ["eth1:2400", { ip: "10.0.0.5", port: 2400 }],
    ["[2001:db8::1]:2400", { ip: "2001:db8::1", port: 2400 }],
    ["2001:db8::1", { ip: "2001:db8::1", port: null }],
  ];
  for (const [text, expected] of asked) {
    it(`is understood from ${text}`, () => {
      assert.deepEqual(chooseAdvertiseAddress(text, [loopback, eth0, eth1]), expected);
    });
  }
  for (const text of ["eth7", "0.0.0.0", "192.168.0.1:0", "192.168.0.1:70000"]) {
    it(`is refused from ${text}`, () => {
      assert.throws(
        () => chooseAdvertiseAddress(text, [eth0]),
        (error) => error instanceof SwarmError && error.code === "invalidArgument",
      );
    });
  }
});

describe("HOST:PORT", () => {
  it("survives a round trip, with brackets for IPv6", () => {
    for (const [host, port] of [
      ["10.0.0.1", 2377],
      ["2001:db8::1", 2377],
      ["manager.example", 80],
    ] as const) {
      assert.deepEqual(splitHostPort(joinHostPort(host, port), "address"), { host, port });
    }
  });
});
