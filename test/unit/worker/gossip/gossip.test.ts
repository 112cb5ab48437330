import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import { LEAVE_TIMEOUT_MS } from "../../../../worker/gossip/gossip.ts";
import type { Keyring } from "../../../../worker/gossip/wire/keyring.ts";
import { at, keyOf, type Lodger, ShellBench } from "./shell-bench.ts";

const ring = (primary: number, ...others: readonly number[]): Keyring => ({
  primary: keyOf(primary),
  keys: [primary, ...others].map(keyOf),
});
const deaths = (lodgers: readonly Lodger[]): readonly string[] =>
  lodgers.flatMap(({ changes }) => changes.filter((change) => change.endsWith("died")));

describe("joining", () => {
  it("tells how many answered; nobody there is no error", async () => {
    await using bench = new ShellBench();
    const [first, second] = [await bench.start(1), await bench.start(2)];
    const joined = second.gossip.join([at(1), at(99)]);
    await bench.clock.run(10_000);
    assert.equal(await joined, 1);
    assert.deepEqual([first.stateOf("m2"), second.stateOf("m1")], ["alive", "alive"]);
    assert.equal(second.gossip.counters.exchangesFailed, 1);
  });

  it("is tried for ever, ever more rarely, until a seed lives", async () => {
    await using bench = new ShellBench();
    const lonely = await bench.start(2);
    lonely.gossip.setSeeds([at(1)]);
    await bench.clock.run(10_000);
    const early = lonely.gossip.counters.exchanges;
    await bench.clock.run(3_600_000);
    const hourly = lonely.gossip.counters.exchanges - early;
    assert.ok(early >= 3 && hourly >= 360 && hourly < 600, `${early} in 10 s, ${hourly} in an hour`);
    await bench.start(1);
    const tookMs = await bench.clock.until("they meet", () => lonely.stateOf("m1") === "alive");
    assert.ok(tookMs <= 10_000, `${tookMs} ms`);
  });

  it("heals a split that lasted longer than the dead are remembered", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(4);
    for (const { gossip } of lodgers) gossip.setSeeds([]);
    bench.net.off.add(at(4).address);
    await bench.clock.run(120_000);
    assert.ok(lodgers.slice(0, 3).every((lodger) => lodger.stateOf("m4") === "unknown"));
    bench.net.off.clear();
    const tookMs = await bench.clock.until("all see all", () =>
      lodgers.every(({ gossip }) => gossip.members().filter(({ state }) => state === "alive").length === 4),
    );
    assert.ok(tookMs <= 10_500, `${tookMs} ms`);
  });

  it("on a port somebody else has is refused with a sentence", async () => {
    await using bench = new ShellBench();
    bench.net.taken.add(at(1).address);
    await assert.rejects(
      bench.start(1),
      (error) => error instanceof SwarmError && error.code === "failedPrecondition" && /taken/.test(error.message),
    );
  });
});

describe("keys", () => {
  it("are changed under a running cluster, three at a time and middle first, and nobody is cut off", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(4, { keyring: ring(2, 1, 3) });
    for (let generation = 3; generation < 8; generation++) {
      // One after another, as the news of new keys travels; the slowest comes long after the first.
      for (const lodger of lodgers) {
        lodger.keyring = ring(generation, generation - 1, generation + 1);
        await bench.clock.run(4_000);
      }
    }
    assert.deepEqual(deaths(lodgers), []);
    for (const { gossip } of lodgers) assert.deepEqual([...gossip.counters.refused], []);
  });

  it("that nobody else has cut a member off, and bring it back when it has them", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(3, { keyring: ring(1) });
    const [first, , third] = lodgers as [Lodger, Lodger, Lodger];
    third.keyring = ring(9);
    await bench.clock.until("it is dead", () => first.stateOf("m3") === "dead", 10_000);
    assert.ok((first.gossip.counters.refused.get("wrongKey") ?? 0) > 0);
    third.keyring = ring(1);
    await bench.clock.until("it is back", () => first.stateOf("m3") === "alive", 20_000);
  });

  it("of another cluster's label do not matter: it is another cluster", async () => {
    await using bench = new ShellBench();
    const red = await bench.start(1, { label: "red", keyring: ring(1) });
    const blue = await bench.start(2, { label: "blue", keyring: ring(1) });
    const red2 = await bench.start(3, { label: "red", keyring: ring(1) });
    blue.gossip.setSeeds([at(1)]);
    red2.gossip.setSeeds([at(1)]);
    await bench.clock.run(5_000);
    assert.deepEqual([red.stateOf("m2"), red.stateOf("m3"), blue.stateOf("m1")], ["unknown", "alive", "unknown"]);
    assert.ok((red.gossip.counters.refused.get("badLabel") ?? 0) > 0);
  });

  it("may be introduced under a cluster in the clear while plain packets are read", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(3, { acceptPlain: true });
    for (const lodger of lodgers) {
      lodger.keyring = { primary: null, keys: [keyOf(1)] };
      await bench.clock.run(4_000);
    }
    for (const lodger of lodgers) {
      lodger.keyring = ring(1);
      await bench.clock.run(4_000);
    }
    assert.deepEqual(deaths(lodgers), []);
    for (const { gossip } of lodgers) assert.deepEqual([...gossip.counters.refused], []);
  });
});

describe("a member that", () => {
  it("changes what it tells of itself is heard by all within a second", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(5);
    lodgers[0]?.gossip.changeMeta(Uint8Array.of(7, 7));
    const tookMs = await bench.clock.until("all have it", () =>
      lodgers.every(({ gossip }) => gossip.member("m1")?.meta.length === 2),
    );
    assert.ok(tookMs <= 1_000, `${tookMs} ms`);
    assert.ok(lodgers.slice(1).every(({ changes }) => changes.includes("m1 updated")));
  });

  it("leaves is gone at once, and its good-bye is out when `leave` resolves", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(4);
    const leaving = lodgers[3]?.gossip.leave();
    let isTold = false;
    void leaving?.then(() => {
      isTold = true;
    });
    const tookMs = await bench.clock.until("the good-bye is out", () => isTold);
    assert.ok(tookMs < LEAVE_TIMEOUT_MS, `${tookMs} ms`);
    assert.ok(lodgers.slice(0, 3).every((lodger) => lodger.stateOf("m4") === "left"));
    assert.deepEqual(deaths(lodgers), []);
  });

  it("leaves with nobody to tell does not wait", async () => {
    await using bench = new ShellBench();
    const lonely = await bench.start(1);
    await lonely.gossip.leave();
    assert.equal(bench.clock.now(), 0);
  });

  it("falls silent is dead within 2.5 s; it and nobody else", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(5);
    await lodgers[4]?.gossip[Symbol.asyncDispose]();
    const others = lodgers.slice(0, 4);
    const tookMs = await bench.clock.until("all know", () => others.every((one) => one.stateOf("m5") === "dead"));
    assert.ok(tookMs > 1_200 && tookMs < 2_500, `${tookMs} ms`);
    assert.deepEqual([...new Set(deaths(others))], ["m5 died"]);
  });

  it("stands still itself (a blocked event loop, a stopped process) blames itself, and nobody else", async () => {
    await using bench = new ShellBench();
    const lodgers = await bench.cluster(3);
    const scores: number[] = [];
    for (let stop = 0; stop < 5; stop++) {
      // Time passes for all of them alike, and nothing that was due is done: the timers fire late, as in a busy
      // process.
      bench.clock.stall(700);
      await bench.clock.run(1);
      scores.push(...lodgers.map(({ gossip }) => gossip.awareness));
      await bench.clock.run(250);
    }
    assert.ok(Math.max(...scores) >= 2, `the shell feeds the event loop's delay to awareness: ${scores}`);
    assert.deepEqual(deaths(lodgers), []);
    await bench.clock.run(30_000);
    assert.ok(
      lodgers.every(({ gossip }) => gossip.awareness === 0),
      "and it recovers",
    );
  });
});
