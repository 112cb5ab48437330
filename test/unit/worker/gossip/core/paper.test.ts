import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { transmissionsMax } from "../../../../../worker/gossip/core/formulas.ts";
import { lanProfile, swarmProfile } from "../../../../../worker/gossip/core/profiles.ts";
import { CoreBench, endpointOf, VERSIONS } from "./core-bench.ts";

const { probeIntervalMs, probeTimeoutMs } = swarmProfile;
const ack = (seqNo: number) => ({ type: "ack", seqNo, payload: new Uint8Array(0) }) as const;

/** SWIM (DSN 2002), section by section. */
describe("SWIM 3.1: failure detection", () => {
  it("a member that acks in time stays alive", () => {
    const bench = new CoreBench().meet(1);
    const { message, to } = bench.passUntilSent("ping");
    assert.deepEqual([message.node, to], ["m1", endpointOf(1)]);
    bench.hear(ack(message.seqNo)).pass(probeIntervalMs - 1);
    assert.equal(bench.member("m1").state, "alive");
    assert.equal(bench.sent("indirectPing").length, 0);
  });

  it("one that is silent is asked for through k others and by TCP, and suspected at the end of the period", () => {
    const bench = new CoreBench().meet(6);
    const { message } = bench.passUntilSent("ping");
    bench.clear().pass(probeTimeoutMs);
    const asked = bench.sent("indirectPing");
    assert.equal(asked.length, swarmProfile.indirectChecks);
    assert.ok(asked.every((request) => request.message.node === message.node && request.message.nack));
    assert.equal(new Set(asked.map(({ to }) => to.address)).size, 3, "three different helpers");
    assert.ok(bench.effects.some((effect) => effect.kind === "streamPing" && effect.node === message.node));
    assert.deepEqual(bench.clear().pass(probeIntervalMs).changes(), [`${message.node} suspected`]);
  });

  it("an ack that comes through another, or by TCP, is as good", () => {
    for (const answer of ["relay", "tcp"] as const) {
      const bench = new CoreBench().meet(3);
      const { seqNo } = bench.passUntilSent("ping").message;
      bench.pass(probeTimeoutMs + 1);
      if (answer === "relay") bench.hear(ack(seqNo), endpointOf(2));
      else bench.core.onStreamAck(seqNo, bench.nowMs);
      bench.clear().pass(probeIntervalMs - probeTimeoutMs - 2);
      assert.deepEqual(bench.changes(), []);
    }
  });

  it("a ping for others goes out under an own number, and the ack back under theirs", () => {
    const bench = new CoreBench({ probeIntervalMs: 60_000 }).meet(2).clear();
    const request = { seqNo: 77, node: "m2", target: endpointOf(2), nack: true, source: null };
    bench.hear({ type: "indirectPing", ...request });
    const [ping] = bench.sent("ping");
    assert.deepEqual(ping?.to, endpointOf(2));
    bench.hear(ack(ping?.message.seqNo ?? 0), endpointOf(2));
    assert.deepEqual(bench.sent("ack"), [{ message: ack(77), to: endpointOf(1) }]);
    bench.pass(probeTimeoutMs);
    assert.deepEqual(bench.sent("nack"), [], "no nack after an ack");
  });

  it("a ping for another name at our address gets no answer", () => {
    const bench = new CoreBench().hear({ type: "ping", seqNo: 1, node: "previous tenant", source: null });
    assert.deepEqual([bench.sent("ack"), bench.odd()], [[], ["notForUs"]]);
  });
});

describe("SWIM 3.2: membership", () => {
  it("who joins is told of to all, and is probed from then on", () => {
    const bench = new CoreBench().meet(1).clear();
    bench.hear(bench.alive(2));
    assert.deepEqual(bench.changes(), ["m2 joined"]);
    const probed = new Set<string>();
    let isToldOn = false;
    for (let probe = 0; probe < 4; probe++) {
      const { message } = bench.passUntilSent("ping");
      isToldOn ||= bench.sent("alive").some((sent) => sent.message.node === "m2");
      probed.add(message.node);
      bench.clear().hear(ack(message.seqNo));
    }
    assert.deepEqual([[...probed].sort(), isToldOn], [["m1", "m2"], true]);
  });

  it("who is dead is probed no more", () => {
    const bench = new CoreBench().meet(2).bury(1).clear().pass(3_000);
    assert.equal(bench.sent("ping").filter(({ message }) => message.node === "m1").length, 0);
  });
});

describe("SWIM 4.1: infection-style dissemination", () => {
  it("news rides on pings, on requests to ping, and on acks", () => {
    const rides = (begin: (bench: CoreBench) => void): readonly string[] => {
      const bench = new CoreBench({ gossipIntervalMs: 1_000_000, retransmitMult: 100 }).meet(3).clear();
      begin(bench);
      return bench.effects.flatMap((effect) =>
        effect.kind === "packet" && effect.parts.some(({ message }) => message.type === "alive")
          ? [effect.parts[0]?.message.type ?? ""]
          : [],
      );
    };
    assert.ok(rides((bench) => bench.passUntilSent("ping")).includes("ping"));
    assert.ok(rides((bench) => bench.passUntilSent("indirectPing")).includes("indirectPing"));
    assert.deepEqual(
      rides((bench) => bench.hear({ type: "ping", seqNo: 1, node: "self", source: null })),
      ["ack"],
    );
  });

  it("each piece goes out lambda * log n times, the least sent first; in the whole cluster O(n log n)", () => {
    const bench = new CoreBench({ probeIntervalMs: 1_000_000, probePaceMaxMs: 1_000_000 }).meet(12);
    while (bench.core.hasNews) bench.pass(100);
    bench.clear().hear(bench.alive(1, { incarnation: 2 }));
    while (bench.core.hasNews) bench.pass(100);
    const times = bench.sent("alive").filter(({ message }) => message.node === "m1").length;
    assert.equal(times, transmissionsMax(swarmProfile.retransmitMult, 13));
  });
});

describe("SWIM 4.2: suspicion", () => {
  it("a suspect that raises its incarnation is trusted again; the old accusation means nothing then", () => {
    const bench = new CoreBench().meet(2).hear({ type: "suspect", node: "m1", incarnation: 1, from: "m2" });
    bench.hear(bench.alive(1));
    assert.equal(bench.member("m1").state, "suspect", "alive of the same incarnation does not override");
    bench.hear(bench.alive(1, { incarnation: 2 })).hear({ type: "suspect", node: "m1", incarnation: 1, from: "m3" });
    assert.equal(bench.member("m1").state, "alive");
    assert.deepEqual(bench.changes(), ["m1 joined", "m2 joined", "m1 suspected", "m1 trusted"]);
  });

  it("one that does not is dead after the suspicion", () => {
    const bench = new CoreBench({ probeIntervalMs: 1_000 }).meet(2);
    bench.hear({ type: "suspect", node: "m1", incarnation: 1, from: "m2" }).pass(3_999);
    assert.equal(bench.member("m1").state, "suspect");
    bench.pass(1);
    assert.equal(bench.member("m1").state, "dead");
    assert.deepEqual([...bench.member("m1").accusers], ["m2", "self"]);
  });

  it("who hears itself accused refutes with an incarnation above the accusation", () => {
    for (const type of ["suspect", "dead"] as const) {
      const bench = new CoreBench().meet(1).hear({ type, node: "self", incarnation: 5, from: "m1" });
      assert.equal(bench.core.self.incarnation, 6);
      assert.equal(bench.core.awareness, 1);
      const news = bench.clear().pass(200).sent("alive");
      assert.ok(news.some(({ message }) => message.node === "self" && message.incarnation === 6));
    }
  });

  it("dead is final in an incarnation; only a higher one, given by itself, brings it back", () => {
    const bench = new CoreBench().meet(1).bury(1);
    bench.hear(bench.alive(1)).hear({ type: "suspect", node: "m1", incarnation: 1, from: "m3" });
    assert.equal(bench.member("m1").state, "dead");
    bench.hear(bench.alive(1, { incarnation: 2 }));
    assert.deepEqual(bench.changes(), ["m1 joined", "m1 suspected", "m1 died", "m1 joined"]);
  });
});

describe("SWIM 4.3: round robin", () => {
  it("probes each member once in a round, so none waits for two rounds", () => {
    const bench = new CoreBench({ watchesNeighbour: false }).meet(8).clear();
    for (let probe = 0; probe < 16; probe++) {
      const { message } = bench.passUntilSent("ping");
      bench.hear(ack(message.seqNo)).pass(0);
      const seen = bench.sent("ping").map(({ message: { node } }) => node);
      bench.clear();
      seenNodes.push(...seen);
    }
    assert.equal(new Set(seenNodes.slice(0, 8)).size, 8);
    assert.equal(new Set(seenNodes.slice(8, 16)).size, 8);
  });
  const seenNodes: string[] = [];
});

/** Lifeguard (arXiv 1707.00788). */
describe("Lifeguard", () => {
  it("LHA-Probe: nacks that come keep our score, nacks that do not come raise it", () => {
    for (const [nacks, score] of [
      [3, 0],
      [1, 2],
      [0, 3],
    ] as const) {
      const bench = new CoreBench().meet(6);
      const { seqNo } = bench.passUntilSent("ping").message;
      bench.pass(probeTimeoutMs);
      for (let nack = 0; nack < nacks; nack++) bench.hear({ type: "nack", seqNo });
      bench.pass(probeIntervalMs - probeTimeoutMs);
      assert.equal(bench.core.awareness, score);
    }
  });

  it("LHA-Probe: who is not well probes more rarely and waits longer, by its score + 1", () => {
    const bench = new CoreBench().meet(1);
    for (const from of ["a", "b"])
      bench.hear({ type: "suspect", node: "self", incarnation: bench.core.self.incarnation, from });
    assert.equal(bench.core.awareness, 2);
    bench.passUntilSent("ping");
    bench.clear().pass(3 * probeIntervalMs - 20);
    assert.deepEqual([bench.changes(), bench.sent("ping").length], [[], 0]);
    bench.pass(20);
    assert.deepEqual(bench.changes(), ["m1 suspected"]);
  });

  it("LHA-Probe: without helpers a failed probe counts one, a success takes one away", () => {
    const bench = new CoreBench().meet(1);
    bench.passUntilSent("ping");
    bench.pass(probeIntervalMs);
    assert.equal(bench.core.awareness, 1);
    bench.hear(ack(bench.sent("ping").at(-1)?.message.seqNo ?? 0));
    assert.equal(bench.core.awareness, 0);
  });

  it("Buddy System: the ping to a suspect carries the accusation", () => {
    const bench = new CoreBench().meet(1).hear({ type: "suspect", node: "m1", incarnation: 1, from: "m2" }).pass(0);
    bench.clear().passUntilSent("ping");
    assert.ok(bench.sent("suspect").some(({ message }) => message.node === "m1"));
  });

  it("LHA-Probe, nack: a helper tells that its ping got no answer", () => {
    const bench = new CoreBench({ probeIntervalMs: 60_000 }).meet(2).clear();
    bench.hear({ type: "indirectPing", seqNo: 9, node: "m2", target: endpointOf(2), nack: true, source: null });
    bench.pass(probeTimeoutMs);
    assert.deepEqual(bench.sent("nack"), [{ message: { type: "nack", seqNo: 9 }, to: endpointOf(1) }]);
  });

  it("LHA-Suspicion: confirmations of different members shorten it, and are passed on", () => {
    const bench = new CoreBench({ probeIntervalMs: 10_000, gossipIntervalMs: 100 }).meet(9).pass(3_000).clear();
    for (const from of ["m2", "m3", "m4"]) bench.hear({ type: "suspect", node: "m1", incarnation: 1, from }).pass(100);
    const passedOn = new Set(bench.sent("suspect").map(({ message }) => message.from));
    assert.deepEqual([...passedOn].sort(), ["m2", "m3", "m4"]);
    bench.pass(40_000 - 301);
    assert.equal(bench.member("m1").state, "suspect");
    bench.pass(1);
    assert.equal(bench.member("m1").state, "dead");
  });

  it("a tick that comes late blames nobody: time did not pass, and our own health is worse", () => {
    const bench = new CoreBench().meet(2);
    bench.passUntilSent("ping");
    bench.hear({ type: "suspect", node: "m1", incarnation: 1, from: "m2" }).clear();
    bench.nowMs += 20_000;
    bench.core.tick(bench.nowMs);
    assert.deepEqual([bench.changes(), bench.core.awareness], [[], 7]);
    assert.equal(bench.core.dueMs, bench.nowMs, "it goes on at once");
    assert.equal(bench.member("m1").state, "suspect");
  });
});

describe("memberlist's additions", () => {
  it("a member that says good-bye has left, not died", () => {
    const bench = new CoreBench().meet(1).hear({ type: "dead", node: "m1", incarnation: 1, from: "m1" });
    assert.deepEqual(bench.changes(), ["m1 joined", "m1 left"]);
  });

  it("our own good-bye is sent, and nobody's accusation is refuted any more", () => {
    const bench = new CoreBench().meet(1).clear();
    bench.core.leave(bench.nowMs);
    bench.hear({ type: "dead", node: "self", incarnation: 1, from: "m1" }).pass(150);
    assert.deepEqual(bench.sent("dead")[0]?.message, { type: "dead", incarnation: 1, node: "self", from: "self" });
    assert.equal(bench.sent("alive").filter(({ message }) => message.node === "self").length, 0);
    bench.pass(2_000);
    assert.equal(bench.core.hasNews, false);
  });

  it("the dead are told so for a while; then they are forgotten, but asked for again as lost", () => {
    const bench = new CoreBench({ gossipToTheDeadMs: 2_000 }).meet(1).bury(1).clear().pass(500);
    assert.ok(bench.sent("dead").every(({ to }) => to.address === endpointOf(1).address));
    assert.ok(bench.sent("dead").length > 0);
    bench.pass(3_000);
    assert.equal(bench.core.member("m1"), undefined);
    bench.clear().pass(12_000);
    const asked = bench.effects.filter((effect) => effect.kind === "exchange");
    assert.deepEqual(asked[0]?.to, endpointOf(1));
    assert.ok(asked.length >= 2, "for ever");
  });

  it("an exchange makes the other side's dead suspects, so that a living one can object; its left stay left", () => {
    const bench = new CoreBench({ probeIntervalMs: 60_000 }).meet(3);
    const record = { endpoint: endpointOf(1), incarnation: 1, meta: new Uint8Array(0), versions: VERSIONS };
    bench.core.onExchange(
      {
        type: "pushPull",
        join: false,
        userState: new Uint8Array(0),
        members: [
          { ...record, name: "m1", state: "dead" },
          { ...record, name: "m2", state: "left" },
          { ...record, name: "m4", state: "alive" },
          { ...record, name: "never seen", state: "dead" },
        ],
      },
      bench.nowMs,
    );
    const states = bench.core.members().map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(states.sort(), ["m1 suspect", "m2 left", "m3 alive", "m4 alive", "self alive"]);
  });

  it("after a restart the own name's older, higher incarnation is outbid", () => {
    const bench = new CoreBench();
    bench.hear({ ...bench.alive(1, { incarnation: 40, endpoint: endpointOf(100) }), node: "self" } as never);
    assert.equal(bench.core.self.incarnation, 41);
  });

  it("a name at a second address is a conflict while its member lives, and a move once it is dead (swarm) or left", () => {
    const bench = new CoreBench().meet(1);
    const moved = bench.alive(1, { incarnation: 2, endpoint: endpointOf(50) });
    bench.hear(moved);
    assert.deepEqual([bench.odd(), bench.member("m1").endpoint], [["conflict"], endpointOf(1)]);
    bench.bury(1).hear(moved);
    assert.deepEqual([bench.member("m1").state, bench.member("m1").endpoint], ["alive", endpointOf(50)]);
    const lan = new CoreBench(lanProfile).meet(1);
    lan.bury(1).hear(moved);
    assert.equal(lan.member("m1").state, "dead", "memberlist's default never reclaims");
  });
});
