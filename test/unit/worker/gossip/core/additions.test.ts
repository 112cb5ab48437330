import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { swarmProfile } from "../../../../../worker/gossip/core/profiles.ts";
import { VERIFIERS } from "../../../../../worker/gossip/core/suspicions.ts";
import type { Exchange, MemberRecord } from "../../../../../worker/gossip/wire/stream.ts";
import { CoreBench, endpointOf, VERSIONS } from "./core-bench.ts";

/** Where we go further than memberlist, without its members noticing; most were found by the simulation. */

const { probeIntervalMs, suspicionMult, probePaceMaxMs } = swarmProfile;
const NONE = new Uint8Array(0);
const accusation = { type: "suspect", node: "m1", incarnation: 1, from: "m2" } as const;
const record = (index: number, state: MemberRecord["state"]): MemberRecord => ({
  name: `m${index}`,
  endpoint: endpointOf(index),
  incarnation: 1,
  state,
  meta: NONE,
  versions: VERSIONS,
});
const exchange = (...members: readonly MemberRecord[]): Exchange => ({
  type: "pushPull",
  join: false,
  members,
  userState: NONE,
});
const exchangesWith = (bench: CoreBench): readonly string[] =>
  bench.effects.flatMap((effect) => (effect.kind === "exchange" ? [effect.to.address] : []));

describe("accusations", () => {
  it("that were refuted already are answered with the refutation, on the ack that goes back", () => {
    const bench = new CoreBench().meet(1).hear({ type: "suspect", node: "self", incarnation: 1, from: "m1" });
    while (bench.core.hasNews) bench.pass(100);
    bench.clear().hear({ type: "suspect", node: "self", incarnation: 1, from: "m1" });
    bench.hear({ type: "ping", seqNo: 3, node: "self", source: null });
    assert.ok(
      bench.sent("alive").some(({ message, to }) => message.incarnation === 2 && to.address === endpointOf(1).address),
    );
    assert.equal(bench.core.self.incarnation, 2, "no new incarnation for an old accusation");
  });

  it("of our own that come back in an exchange do not confirm themselves", () => {
    const bench = new CoreBench({ probeIntervalMs: 60_000, verifiesSuspicions: false }).meet(8).hear(accusation);
    bench.core.onExchange(exchange(record(1, "suspect")), bench.nowMs);
    assert.deepEqual([...bench.member("m1").accusers], ["m2"]);
  });

  it("of others are looked into at once by a few, by nobody who is not well itself", () => {
    const askedAtOnce = (seed: number, ill: boolean): boolean => {
      const bench = new CoreBench({}, seed).meet(98).pass(20);
      if (ill) bench.hear({ type: "suspect", node: "self", incarnation: 1, from: "m3" });
      bench
        .clear()
        .hear(accusation)
        .pass(probeIntervalMs / 2);
      return bench.sent("ping").some(({ message }) => message.node === "m1");
    };
    const runs = 300;
    const seeds = Array.from({ length: runs }, (_, seed) => seed);
    const verifiers = seeds.filter((seed) => askedAtOnce(seed, false)).length;
    const expected = (runs * VERIFIERS) / 97;
    assert.ok(verifiers > expected / 2 && verifiers < 3 * expected, `${verifiers} of ${runs}`);
    assert.ok(seeds.filter((seed) => askedAtOnce(seed, true)).length < verifiers / 2);
  });
});

describe("before its verdict a member", () => {
  // A protocol without TCP ping, so that the probes under way ask for no exchange.
  const mute = [1, 2, 2, 2, 5, 4] as const;
  const lastWordAtMs = (suspicionMult - 2) * probeIntervalMs;

  it("asks the suspect by TCP", () => {
    const bench = new CoreBench({ exchangeIntervalMs: 1_000_000 });
    bench
      .hear(bench.alive(1, { versions: mute }))
      .hear(bench.alive(2))
      .hear(accusation)
      .clear();
    bench.pass(lastWordAtMs - 1);
    assert.deepEqual(exchangesWith(bench), []);
    bench.pass(1);
    assert.deepEqual(exchangesWith(bench), [endpointOf(1).address]);
    bench.hear(bench.alive(1, { incarnation: 2 })).pass(2 * probeIntervalMs - 1);
    assert.equal(bench.member("m1").state, "alive");
  });

  it("asks another, too, when nobody shares the suspicion, and tells its own accusation once more", () => {
    const bench = new CoreBench({ exchangeIntervalMs: 1_000_000, probeIntervalMs: 2_000, probePaceMaxMs: 2_000 });
    for (let index = 1; index <= 5; index++) bench.hear(bench.alive(index, { versions: mute }));
    const { message } = bench.passUntilSent("ping");
    while (bench.core.member(message.node)?.state !== "suspect") bench.pass(10);
    while (bench.core.hasNews) bench.pass(10);
    bench.clear();
    for (let waitedMs = 0; exchangesWith(bench).length < 2; waitedMs += 10) {
      assert.ok(waitedMs < 60_000 && bench.core.member(message.node)?.state !== "dead", "asked before the verdict");
      bench.pass(10);
    }
    bench.pass(200);
    assert.ok(bench.sent("suspect").some((sent) => sent.message.node === message.node && sent.message.from === "self"));
  });

  it("asks the suspect only if it is the accuser, in a large cluster", () => {
    const bench = new CoreBench({ probeIntervalMs: 30_000, exchangeIntervalMs: 10_000_000 }, 5).meet(60);
    bench.hear(accusation).clear().pass(1_500_000);
    assert.equal(bench.core.member("m1")?.state ?? "dead", "dead");
    assert.equal(exchangesWith(bench).includes(endpointOf(1).address), false);
  });
});

describe("another's verdict", () => {
  const verdict = { type: "dead", node: "m1", incarnation: 1, from: "m2" } as const;

  it("out of the blue is only an accusation: whoever was cut off comes back with verdicts about everybody", () => {
    const bench = new CoreBench().meet(8).hear(verdict);
    assert.deepEqual([bench.member("m1").state, bench.sent("dead")], ["suspect", []]);
    bench.hear(bench.alive(1, { incarnation: 2 })).pass(5_000);
    assert.equal(bench.changes().includes("m1 died"), false);
  });

  it("leaves a suspicion nothing but its least", () => {
    const bench = new CoreBench({ probeIntervalMs: 10_000 }).meet(8).pass(1).hear(accusation).hear(verdict);
    bench.pass(39_999);
    assert.equal(bench.member("m1").state, "suspect");
    bench.pass(1);
    assert.equal(bench.member("m1").state, "dead");
  });

  it("is followed at once, and passed on, when our own suspicion has lasted that long", () => {
    const bench = new CoreBench({ probeIntervalMs: 10_000 }).meet(8).hear(accusation).pass(50_000).clear();
    assert.equal(bench.member("m1").state, "suspect");
    bench.hear(verdict);
    assert.equal(bench.member("m1").state, "dead");
    assert.ok(bench.pass(100).sent("dead").length > 0);
  });

  it("is corrected by the member's own good-bye", () => {
    const bench = new CoreBench().meet(2).bury(1).hear({ type: "dead", node: "m1", incarnation: 1, from: "m1" });
    assert.equal(bench.member("m1").state, "left");
    assert.equal(bench.changes().at(-1), "m1 left");
  });
});

describe("a newcomer", () => {
  it("does not tell on whom it is told of: all but itself know them; a member that meets strangers does", () => {
    const newcomer = new CoreBench();
    while (newcomer.core.hasNews) newcomer.pass(100);
    newcomer.core.onExchange(exchange(record(1, "alive"), record(2, "alive")), newcomer.nowMs);
    assert.deepEqual([newcomer.core.present, newcomer.core.hasNews], [3, false]);
    newcomer.core.onExchange(exchange(record(3, "alive")), newcomer.nowMs);
    assert.equal(newcomer.core.hasNews, true);
  });

  it("that is believed dead or gone objects all the same", () => {
    const newcomer = new CoreBench();
    while (newcomer.core.hasNews) newcomer.pass(100);
    newcomer.core.onExchange(exchange({ ...record(100, "left"), name: "self" }, record(1, "alive")), newcomer.nowMs);
    assert.deepEqual([newcomer.core.self.incarnation, newcomer.core.hasNews], [2, true]);
  });
});

describe("a large cluster", () => {
  it("is told of in parts: us, the accused, the newest, and others by chance, all of them in time", () => {
    const bench = new CoreBench({ exchangeMembersMax: 32 }).meet(99).hear(accusation).hear(bench7());
    const told = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const { members } = bench.core.localExchange(false);
      assert.equal(members.length, 32);
      const names = new Set(members.map(({ name }) => name));
      assert.ok(names.size === 32 && names.has("self") && names.has("m1") && names.has("m7"));
      for (const name of names) told.add(name);
    }
    assert.equal(told.size, 100);
    assert.equal(bench.core.localExchange(true).members.length, 100, "who joins gets everything");
  });

  it("has every second probe go to the neighbour, the others to everybody in turn", () => {
    const bench = new CoreBench().meet(40);
    const probed: string[] = [];
    for (let probe = 0; probe < 80; probe++) {
      const { message } = bench.clear().passUntilSent("ping");
      bench.hear({ type: "ack", seqNo: message.seqNo, payload: NONE });
      probed.push(message.node);
    }
    const byName = new Map<string, number>();
    for (const name of probed) byName.set(name, (byName.get(name) ?? 0) + 1);
    assert.equal(byName.size, 40, "everybody");
    assert.ok(Math.max(...byName.values()) >= 40, "one of them every second time");
    assert.ok(bench.nowMs > 79 * probePaceMaxMs, "at the pace of a large cluster");
  });

  const bench7 = () => ({ ...new CoreBench().alive(7, { incarnation: 2 }) });
});
