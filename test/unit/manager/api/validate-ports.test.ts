import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { validatePorts } from "../../../../manager/api/validate-ports.ts";
import { canonicalHostIp, hostIpMeets, hostIpsOverlap } from "../../../../shared/objects/host-ip.ts";
import type { PortConfig } from "../../../../shared/rpc/gen/objects.ts";
import * as make from "../../../support/objects.ts";

const ports = (...parts: readonly Partial<PortConfig>[]): PortConfig[] => parts.map(make.createPort);

const REFUSED: readonly (readonly [string, readonly PortConfig[], RegExp])[] = [
  ["a host address that is none", ports({ hostIp: "eth0" }), /invalid host address "eth0" of port 80/],
  ["a host address in odd words", ports({ hostIp: "10.0.0.7/24" }), /write it as "10\.0\.0\.0\/24"/],
  ["IPv6 loopback as host address", ports({ hostIp: "::1", publishedPort: 80 }), /neither on ::1 nor on link-local/],
  ["a link-local host address", ports({ hostIp: "fe80::1", publishedPort: 80 }), /neither on ::1 nor on link-local/],
  ["a host address without a port", ports({ hostIp: "10.0.0.1" }), /needs a published port/],
  [
    "a port twice at one address",
    ports({ publishedPort: 80, hostIp: "10.0.0.0/24" }, { publishedPort: 80, hostIp: "10.0.0.9" }),
    /80\/tcp is published twice/,
  ],
  [
    "a port everywhere and at an address",
    ports({ publishedPort: 80 }, { publishedPort: 80, hostIp: "10.0.0.9" }),
    /twice/,
  ],
  [
    "local-first of a host's port",
    ports({ publishMode: "HOST", localFirst: true }),
    /local-first is for the routing mesh/,
  ],
];
const ACCEPTED: readonly (readonly [string, readonly PortConfig[]])[] = [
  [
    "one port at two addresses",
    ports({ publishedPort: 80, hostIp: "10.0.0.1" }, { publishedPort: 80, hostIp: "10.0.0.2" }),
  ],
  ["a host-mode port at an address, by a number the host chooses", ports({ hostIp: "10.0.0.1", publishMode: "HOST" })],
];

describe("validatePorts", () => {
  for (const [claim, given, sentence] of REFUSED)
    it(`refuses ${claim}`, () => {
      const spec = make.createServiceSpec({ ports: given });
      assert.throws(() => validatePorts(spec), { code: "invalidArgument", message: sentence });
    });
  for (const [claim, given] of ACCEPTED)
    it(`accepts ${claim}`, () => validatePorts(make.createServiceSpec({ ports: given })));
});

describe("an address that a port is published on", () => {
  for (const [text, canonical] of [
    ["", ""],
    ["0.0.0.0", ""],
    ["::/0", ""],
    ["10.0.0.7/32", "10.0.0.7"],
    ["10.0.0.7/8", "10.0.0.0/8"],
    ["FD00:0::1", "fd00::1"],
    ["10.0.0", null],
    ["10.0.0.1; drop", null],
  ] as const)
    it(`is written in one way: ${text || "none"}`, () => assert.equal(canonicalHostIp(text), canonical));

  it("means the same packets as another one, or not", () => {
    assert.ok(hostIpsOverlap("", "10.0.0.1") && hostIpsOverlap("10.0.0.0/8", "10.1.0.0/16"));
    assert.ok(!hostIpsOverlap("10.0.0.1", "10.0.0.2") && !hostIpsOverlap("10.0.0.0/8", "fd00::1"));
    assert.ok(hostIpMeets("10.0.0.1", "0.0.0.0") && hostIpMeets("", "127.0.0.1"));
    assert.ok(!hostIpMeets("10.0.0.1", "127.0.0.1"));
  });
});
