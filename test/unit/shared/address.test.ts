import assert from "node:assert/strict";
import { test } from "node:test";
import { isHostPort, parseHostAddress, parseHostPort, parseIpAddress } from "../../../shared/address.ts";

test("an IP address is one address in canonical form, and nothing else", () => {
  const good: readonly (readonly [string, string])[] = [
    ["10.0.0.1", "10.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["FE80:0::1", "fe80::1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::FFFF:a00:1", "10.0.0.1"],
    ["::fffe:a00:1", "::fffe:a00:1"],
    ["::", "::"],
  ];
  for (const [text, canonical] of good) assert.equal(parseIpAddress(text, "address"), canonical);
  const bad = [
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.01",
    "1.2.3.4/8",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4\n",
    "fe80::1%eth0",
  ];
  for (const text of [...bad, "::1/64", "host", "-4", ":::", "1::2::3", "0x7f.1", "１.2.3.4"]) {
    assert.throws(
      () => parseIpAddress(text, "address"),
      { code: "invalidArgument", message: /^invalid address / },
      text,
    );
  }
});

test("a host's address leads to one host", () => {
  for (const text of ["127.0.0.1", "10.1.2.3", "223.255.255.255", "fd00::1", "::1"]) parseHostAddress(text, "address");
  for (const text of [
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "ff02::1",
    "::ffff:0.0.0.0",
  ]) {
    assert.throws(() => parseHostAddress(text, "address"), /not the address of one host/, text);
  }
  for (const text of ["fe80::1", "febf::1"]) assert.throws(() => parseHostAddress(text, "address"), /link-local/, text);
});

test("HOST:PORT takes addresses and names, and no schemes of other kinds", () => {
  for (const text of ["10.0.0.1:2377", "[fd00::1]:2377", "m1:1", "manager-1.example.org:65535"]) {
    assert.equal(parseHostPort(text, "address"), text);
  }
  const bad = ["", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:65536", "unix:/run/swarm.sock:1", "unix:1/x:1", "dns:host:1"];
  for (const text of [...bad, "a b:1", "10.0.0.256:1", "[10.0.0.1]:1", "-x:1", "x:1\n", "fd00::1:2377"]) {
    assert.equal(isHostPort(text), false, text);
    assert.throws(() => parseHostPort(text, "address"), { code: "invalidArgument" }, text);
  }
});
