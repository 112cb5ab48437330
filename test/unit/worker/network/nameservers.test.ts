import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FALLBACK_NAMESERVERS, taskNameservers } from "../../../../worker/network/nameservers.ts";

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    "takes the host's servers in order",
    ["# mine\nnameserver 10.0.0.53\nnameserver 9.9.9.9\n"],
    ["10.0.0.53", "9.9.9.9"],
  ],
  [
    "takes no more than a resolver asks",
    ["nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4"],
    ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
  ],
  ["looks behind a local resolver", ["nameserver 127.0.0.53\n", "nameserver 10.0.0.53\n"], ["10.0.0.53"]],
  [
    "leaves out IPv6 and loopback servers",
    ["nameserver fd00::1\nnameserver 127.0.0.1\nnameserver 10.0.0.53"],
    ["10.0.0.53"],
  ],
  [
    "falls back when the host names none that a task reaches",
    ["search lan\nnameserver ::1\n", ""],
    FALLBACK_NAMESERVERS,
  ],
  ["falls back when there is no file", [], FALLBACK_NAMESERVERS],
];

describe("task nameservers", () => {
  for (const [claim, texts, expected] of cases)
    it(claim, () => {
      assert.deepEqual(taskNameservers(texts, false), expected);
    });

  it("takes IPv6 servers where the task has IPv6, but for those of a link or of the host itself", () => {
    const text = "nameserver fe80::1%eth0\nnameserver ::1\nnameserver fd00::53\nnameserver 10.0.0.53\n";
    assert.deepEqual(taskNameservers([text], true), ["fd00::53", "10.0.0.53"]);
  });
});
