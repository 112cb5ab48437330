import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lanProfile } from "../../../../../worker/gossip/core/profiles.ts";
import { CONFLICT_REFUTE_EVERY_MS, INCARNATION_LEAP_MAX } from "../../../../../worker/gossip/core/rumours.ts";
import type { Versions } from "../../../../../worker/gossip/wire/messages.ts";
import { CoreBench, endpointOf } from "./core-bench.ts";

/**
 * What peers with our key may send all the same: broken, outdated, copied or hostile. Counted, and nothing comes of it.
 */

const NONE = new Uint8Array(0);
const namesOf = (bench: CoreBench): readonly string[] => bench.core.members().map(({ name }) => name);

describe("a member of another protocol", () => {
  const versions: readonly (readonly [string, Versions])[] = [
    ["speaks what we do not read", [6, 7, 6, 2, 5, 4]],
    ["reads nothing we speak", [3, 5, 3, 2, 5, 4]],
    ["has another application on top", [1, 5, 2, 6, 9, 6]],
    ["has a nonsensical range", [5, 1, 2, 2, 5, 4]],
    ["says nothing of itself", [0, 0, 0, 0, 0, 0]],
  ];
  for (const [what, theirs] of versions) {
    it(`that ${what} is not taken in, by packet or by exchange, and the others beside it are`, () => {
      const bench = new CoreBench().hear(new CoreBench().alive(1, { versions: theirs }));
      const record = { incarnation: 1, meta: NONE, state: "alive" } as const;
      const members = [
        { ...record, name: "m2", endpoint: endpointOf(2), versions: theirs },
        { ...record, name: "m3", endpoint: endpointOf(3), versions: [1, 5, 2, 2, 5, 4] as const },
      ];
      bench.core.onExchange({ type: "pushPull", join: true, userState: NONE, members }, 0);
      bench.effects.push(...bench.core.takeOutbox());
      assert.deepEqual(namesOf(bench).toSorted(), ["m3", "self"]);
      assert.deepEqual(bench.odd(), ["version", "version"]);
    });
  }
});

describe("an incarnation far ahead of what living gives", () => {
  it("is not followed, for others or for ourselves, nor as a first word", () => {
    const bench = new CoreBench().meet(1);
    const incarnation = INCARNATION_LEAP_MAX + 2;
    bench.hear(bench.alive(1, { incarnation }));
    bench.hear({ type: "dead", node: "m1", incarnation: 2 ** 32 - 1, from: "m2" });
    bench.hear({ type: "suspect", node: "self", incarnation: 2 ** 32 - 1, from: "m2" });
    bench.hear(bench.alive(7, { incarnation: 2 ** 32 - 1 }));
    assert.deepEqual(bench.odd(), ["farAhead", "farAhead", "farAhead", "farAhead"]);
    assert.deepEqual([bench.member("m1").incarnation, bench.core.self.incarnation], [1, 1]);
    assert.equal(bench.core.member("m7"), undefined);
  });

  it("but not so far is, and living members outbid it", () => {
    const bench = new CoreBench().hear({ type: "dead", node: "self", incarnation: INCARNATION_LEAP_MAX, from: "m2" });
    assert.equal(bench.core.self.incarnation, INCARNATION_LEAP_MAX + 1);
  });
});

describe("a name in use", () => {
  it("at a second address is a conflict while its member lives, and a move once it is dead or left", () => {
    const bench = new CoreBench().meet(1);
    const moved = bench.alive(1, { incarnation: 2, endpoint: endpointOf(50) });
    bench.hear(moved);
    assert.deepEqual([bench.odd(), bench.member("m1").endpoint], [["conflict"], endpointOf(1)]);
    bench.bury(1).hear(moved);
    assert.deepEqual([bench.member("m1").state, bench.member("m1").endpoint], ["alive", endpointOf(50)]);
    const lan = new CoreBench(lanProfile).meet(1).bury(1).hear(moved);
    assert.equal(lan.member("m1").state, "dead", "memberlist's default never reclaims");
  });

  it("may move with the incarnation it had, never with a lower one: that would be an old packet", () => {
    for (const [incarnation, state] of [
      [4, "left"],
      [5, "alive"],
    ] as const) {
      const bench = new CoreBench().hear(new CoreBench().alive(1, { incarnation: 5 }));
      bench.hear({ type: "dead", node: "m1", incarnation: 5, from: "m1" });
      bench.hear(bench.alive(1, { incarnation, endpoint: endpointOf(50) }));
      assert.equal(bench.member("m1").state, state);
    }
  });

  it("by ourselves is outbid, but a second host with our name only every ten seconds", () => {
    const bench = new CoreBench().meet(1);
    const hear = (): void => {
      const incarnation = bench.core.self.incarnation + 1;
      bench.hear({ ...bench.alive(9, { incarnation }), node: "self" } as never);
    };
    hear();
    assert.equal(bench.core.self.incarnation, 3, "our own earlier life at another address");
    for (let time = 0; time < 50; time++) hear();
    assert.deepEqual([bench.core.self.incarnation, bench.core.awareness], [3, 0]);
    assert.equal(bench.odd().length, 51);
    bench.pass(CONFLICT_REFUTE_EVERY_MS);
    hear();
    assert.equal(bench.core.self.incarnation, 5);
  });

  it("that begins anew at its address with an older life's incarnation above it is outbid at once", () => {
    const bench = new CoreBench();
    bench.hear({ ...bench.alive(1, { incarnation: 40, endpoint: endpointOf(100) }), node: "self" } as never);
    assert.equal(bench.core.self.incarnation, 41);
  });
});

describe("an address in use", () => {
  it("by a new name is noted; both are members until the old one, which nobody answers for, is dead", () => {
    const bench = new CoreBench().meet(2);
    bench.hear(bench.alive(3, { endpoint: endpointOf(1) }));
    assert.deepEqual([bench.odd(), bench.member("m3").state], [["sharedAddress"], "alive"]);
    bench.bury(1);
    assert.equal(bench.member("m1").state, "dead");
  });

  it("by nobody else any more is no conflict", () => {
    const bench = new CoreBench().meet(1).bury(1);
    bench.hear(bench.alive(3, { endpoint: endpointOf(1) }));
    assert.deepEqual(bench.odd(), []);
  });

  it("of ours gets no answer for its former tenant", () => {
    const bench = new CoreBench().hear({ type: "ping", seqNo: 1, node: "previous tenant", source: null });
    assert.deepEqual([bench.sent("ack"), bench.odd()], [[], ["notForUs"]]);
    assert.equal(bench.core.answerStreamPing({ type: "ping", seqNo: 1, node: "other", source: null }), null);
  });
});

describe("a packet sent again by somebody who recorded it", () => {
  it("changes nothing: news of the past is older than what is known", () => {
    const bench = new CoreBench({ probeIntervalMs: 60_000 }).meet(2);
    const past = [
      bench.alive(1),
      { type: "suspect", node: "m1", incarnation: 1, from: "m2" },
      { type: "dead", node: "m1", incarnation: 1, from: "m2" },
      { type: "suspect", node: "self", incarnation: 1, from: "m2" },
      { type: "ack", seqNo: 1, payload: NONE },
      { type: "nack", seqNo: 1 },
    ] as const;
    for (const message of past) bench.hear(message);
    bench.hear(bench.alive(1, { incarnation: 2 })).clear();
    const own = bench.core.self.incarnation;
    for (let time = 0; time < 3; time++) for (const message of past) bench.hear(message);
    assert.deepEqual(bench.changes(), []);
    assert.deepEqual([bench.member("m1").state, bench.member("m1").incarnation], ["alive", 2]);
    assert.equal(bench.core.self.incarnation, own);
  });

  it("from an earlier life of ours answers no probe of this one", () => {
    const first = (seed: number): number => new CoreBench({}, seed).meet(1).passUntilSent("ping").message.seqNo;
    assert.equal(new Set([1, 2, 3, 4, 5].map(first)).size, 5, "numbers begin anywhere");
  });
});

describe("a peer whose clock is wrong", () => {
  it("is like any other: nothing on the wire is a time, and our own only ever goes forward", () => {
    const bench = new CoreBench().meet(2);
    bench.pass(5_000);
    const changes = bench.changes().length;
    bench.core.receive({ message: bench.alive(3), bytes: NONE }, endpointOf(3), -1_000_000);
    bench.core.tick(-1_000_000);
    bench.effects.push(...bench.core.takeOutbox());
    assert.deepEqual(bench.changes().slice(changes), ["m3 joined"]);
    assert.ok(bench.core.dueMs > 4_000);
  });
});
