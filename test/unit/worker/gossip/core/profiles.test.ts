import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  lanProfile,
  localProfile,
  type Profile,
  simulationProfile,
  swarmProfile,
  wanProfile,
} from "../../../../../worker/gossip/core/profiles.ts";

const ALL: readonly (readonly [string, Profile])[] = [
  ["swarm", swarmProfile],
  ["lan", lanProfile],
  ["wan", wanProfile],
  ["local", localProfile],
  ["simulation", simulationProfile],
];

describe("memberlist's own profiles", () => {
  for (const [name, { lan, wan, local }] of Object.entries({
    streamTimeoutMs: { lan: 10_000, wan: 30_000, local: 1_000 },
    indirectChecks: { lan: 3, wan: 3, local: 1 },
    retransmitMult: { lan: 4, wan: 4, local: 2 },
    suspicionMult: { lan: 4, wan: 6, local: 3 },
    suspicionMaxMult: { lan: 6, wan: 6, local: 6 },
    exchangeIntervalMs: { lan: 30_000, wan: 60_000, local: 15_000 },
    probeIntervalMs: { lan: 1_000, wan: 5_000, local: 1_000 },
    probeTimeoutMs: { lan: 500, wan: 3_000, local: 200 },
    awarenessMax: { lan: 8, wan: 8, local: 8 },
    gossipIntervalMs: { lan: 200, wan: 500, local: 100 },
    gossipNodes: { lan: 3, wan: 4, local: 3 },
    gossipToTheDeadMs: { lan: 30_000, wan: 60_000, local: 15_000 },
  })) {
    it(`${name}: ${lan} lan, ${wan} wan, ${local} local`, () => {
      const of = (profile: Profile): unknown => profile[name as keyof Profile];
      assert.deepEqual([of(lanProfile), of(wanProfile), of(localProfile)], [lan, wan, local]);
    });
  }

  it("have none of what goes further: constant probing, whole exchanges, named pings", () => {
    for (const profile of [lanProfile, wanProfile, localProfile]) {
      assert.equal(profile.probePaceMaxMs, profile.probeIntervalMs);
      assert.deepEqual(
        [profile.verifiesSuspicions, profile.watchesNeighbour, profile.namesItself],
        [false, false, true],
      );
      assert.deepEqual([profile.exchangeMembersMax, profile.suspicionCalmTo], [Number.POSITIVE_INFINITY, 10]);
    }
  });
});

describe("every profile", () => {
  for (const [name, profile] of ALL) {
    it(`is consistent: a ping ends before its probe, news outruns a suspicion (${name})`, () => {
      assert.ok(profile.probeTimeoutMs < profile.probeIntervalMs);
      assert.ok(profile.probeIntervalMs <= profile.probePaceMaxMs);
      assert.ok(profile.gossipIntervalMs < profile.suspicionMult * profile.probeIntervalMs, "news outruns a suspicion");
      assert.ok(profile.reconnectMs === null || profile.reconnectMs <= profile.reconnectMaxMs);
    });
  }
});
