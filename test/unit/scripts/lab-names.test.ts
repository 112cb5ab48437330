import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, macOf } from "../../../scripts/lab-parts/names.ts";
import { parseLines } from "../../../scripts/lab-parts/swarm.ts";

test("hosts are numbered from .1, hub and client have addresses of their own", () => {
  assert.equal(addressOf("host1"), "10.77.0.1");
  assert.equal(addressOf("host50"), "10.77.0.50");
  assert.equal(addressOf("hub"), "10.77.0.254");
  assert.equal(addressOf("client"), "10.77.0.200");
});

test("what is no host is refused by name", () => {
  for (const name of ["", "host", "host0", "host51", "host01", "node1", "../hub"])
    assert.throws(() => addressOf(name), { name: "LabError", message: /is not a host/ });
});

test("a host keeps its hardware address, and no two share one", () => {
  const all = [...Array.from({ length: 50 }, (_, index) => `host${index + 1}`), "hub", "client"].map(macOf);
  assert.equal(new Set(all).size, all.length);
  assert.equal(macOf("host10"), "02:4d:00:00:00:0a");
});

test("command output in JSON is read as lines or as a list", () => {
  assert.deepEqual(parseLines('{"a":1}\n{"a":2}\n'), [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(parseLines('[{"a":1},{"a":2}]'), [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(parseLines("\n"), []);
});
