import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isGone } from "../../../worker/gossip/core/member.ts";
import { swarmProfile } from "../../../worker/gossip/core/profiles.ts";
import type { Canary } from "./canaries.ts";
import { GossipFailure, runGossip } from "./scenario.ts";
import { goodLink, World } from "./world.ts";

/** GOSSIP_SEEDS=5000 for a long run; GOSSIP_SEED to begin elsewhere. */
const SEEDS = Number(process.env["GOSSIP_SEEDS"] ?? 25);
const FIRST = Number(process.env["GOSSIP_SEED"] ?? 1);
/** A planted fault must be noticed within so many seeds. */
const CANARY_SEEDS_MAX = 20;

describe("clusters under loss, replay, one-way links, blocked UDP, slow and flapping members, splits, crashes, leaves", () => {
  it(`keep every promise, seeds ${FIRST}..${FIRST + SEEDS - 1}`, () => {
    const counts = new Map<string, number>();
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      for (const [what, times] of runGossip(seed).counts) counts.set(what, (counts.get(what) ?? 0) + times);
    }
    for (const change of ["joined", "suspected", "trusted", "died", "left"]) {
      assert.ok((counts.get(change) ?? 0) > 0, `no run ever saw "${change}"`);
    }
  });

  it("are the same each time a seed is run", () => {
    assert.equal(runGossip(3).hash, runGossip(3).hash);
    assert.notEqual(runGossip(3).hash, runGossip(4).hash);
  });

  const canaries: readonly Canary[] = [
    "deaf",
    "refutationsLost",
    "deathsUntold",
    "suspicionIsDeath",
    "incarnationForged",
    "goodbyeIsDeath",
    "impatient",
    "splitsForgotten",
  ];
  for (const canary of canaries) {
    it(`a planted fault is noticed: ${canary}`, () => {
      for (let seed = 1; seed <= CANARY_SEEDS_MAX; seed++) {
        try {
          runGossip(seed, canary);
        } catch (error) {
          assert.ok(error instanceof GossipFailure, String(error));
          return;
        }
      }
      assert.fail(`${canary} went unnoticed in ${CANARY_SEEDS_MAX} seeds`);
    });
  }
});

/** How long until the first, and until all, of the others know that a member crashed. */
function detection(world: World): { firstMs: number; allMs: number } {
  const victim = world.hosts[world.hosts.length - 1];
  assert.ok(victim !== undefined);
  world.crash(victim);
  const knows = (core: (typeof victim)["core"]): boolean => isGone(core.member(victim.name) ?? { state: "dead" });
  const firstMs = world.runUntil("one knows", () => world.up.some(({ core }) => knows(core)), 20_000, 5);
  const restMs = world.runUntil("all know", () => world.up.every(({ core }) => knows(core)), 20_000, 5);
  return { firstMs, allMs: firstMs + restMs };
}

describe("detection by the swarm profile", () => {
  for (const [members, firstMsMax, allMsMax] of [
    [3, 2_300, 2_400],
    [6, 2_600, 2_800],
    [25, 3_500, 3_800],
    [100, 3_500, 3_800],
  ] as const) {
    it(`${members} members, 1 % loss: all know within ${allMsMax} ms`, () => {
      for (let seed = 1; seed <= 5; seed++) {
        const world = new World(seed, members, swarmProfile);
        world.link = () => ({ ...goodLink, lossPercent: 1 });
        world.introduceAll();
        world.run(1_000 + seed * 77);
        const { firstMs, allMs } = detection(world);
        assert.ok(firstMs >= 1_200, "nobody is declared dead without its least suspicion");
        assert.ok(firstMs <= firstMsMax && allMs <= allMsMax, `seed ${seed}: ${firstMs} ms, all ${allMs} ms`);
      }
    });
  }

  it("1,000 members, 5 % loss: found and told to all, nobody else accused to death", () => {
    const world = new World(1, 1_000, swarmProfile);
    world.link = () => ({ ...goodLink, lossPercent: 5 });
    world.introduceAll();
    world.run(3_000);
    const { allMs } = detection(world);
    assert.ok(allMs < 6_000, `it took ${allMs} ms`);
    const dead = new Set(world.noticed.filter(({ change }) => change === "died").map(({ name }) => name));
    assert.deepEqual([...dead], ["m999"]);
  });
});
