import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hostListeners } from "../../../../worker/network/host-listeners.ts";
import { claimPorts, formatClaims, leftPorts, NO_CLAIMS, parseClaims } from "../../../../worker/network/port-claims.ts";
import { listener } from "../../../support/network-objects.ts";

const claims = (published: readonly string[], left: readonly string[] = []) => ({
  published: new Map(published.map((key) => [key, [""]] as const)),
  left: new Set(left),
});
const web = listener("tcp", 80);

const cases: readonly [string, string[], ReturnType<typeof claims>, ReturnType<typeof listener>[], string[]][] = [
  ["a program was there before the port was published", ["tcp/80"], NO_CLAIMS as never, [web], ["tcp/80"]],
  ["the port was published before the program came", ["tcp/80"], claims(["tcp/80"]), [web], []],
  ["the program that was first is still there", ["tcp/80"], claims(["tcp/80"], ["tcp/80"]), [web], ["tcp/80"]],
  ["the program that was first has gone", ["tcp/80"], claims(["tcp/80"], ["tcp/80"]), [], []],
  ["another protocol", ["tcp/80"], NO_CLAIMS as never, [listener("udp", 80)], []],
  ["a port that is not published any more", [], claims(["tcp/80"], ["tcp/80"]), [web], []],
];

describe("a published port on which a program listens is left to it", () => {
  for (const [name, published, before, listeners, left] of cases)
    it(`${left.length > 0 ? "when" : "not:"} ${name}`, () => {
      assert.deepEqual([...claimPorts(claims(published).published, before, listeners).left], left);
    });

  it("at the addresses it listens on", () => {
    const listeners = [listener("tcp", 80, "::1"), listener("tcp", 80, "10.98.0.1"), listener("tcp", 81)];
    assert.deepEqual([...leftPorts(claims(["tcp/80"], ["tcp/80"]), listeners)], [["tcp/80", ["10.98.0.1", "::1"]]]);
  });

  it("only where both are meant: at the addresses the port is published on", () => {
    const published = new Map([["tcp/80", ["10.98.0.1", "10.99.0.0/16"]]]);
    const isLeft = (address: string): boolean =>
      claimPorts(published, NO_CLAIMS, [listener("tcp", 80, address)]).left.size > 0;
    assert.deepEqual(["0.0.0.0", "::", "10.98.0.1", "10.99.3.4"].filter(isLeft).length, 4);
    assert.deepEqual(["10.98.0.2", "127.0.0.1", "::1"].filter(isLeft), []);
  });

  it("across a restart of the daemon, and not as somebody's garbage says", () => {
    const { published } = claims(["tcp/80", "udp/53"]);
    const before = claims(["tcp/80", "udp/53"], ["udp/53"]);
    assert.deepEqual(parseClaims(formatClaims(before), published), before);
    for (const text of [null, "", "[]", "{", '{"left":{}}']) assert.equal(parseClaims(text, published), null);
  });
});

it("a host tells of so many listeners as the managers take, and first of those that clash", () => {
  const many = Array.from({ length: 1_000 }, (_, at) => listener("tcp", at + 1));
  const told = hostListeners(many, new Map([[1_000, `${"\u001b[31m"}${"x".repeat(100)}`]]), claims(["tcp/1000"]));
  assert.equal(told.length, 256);
  assert.deepEqual([told.at(-1)?.port, told.at(-1)?.clash], [1_000, "TAKEN"]);
  assert.match(told.at(-1)?.program ?? "", /^_[\w]{63}$/);
});
