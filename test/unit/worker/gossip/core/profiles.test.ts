import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lanProfile, type Profile, swarmProfile } from "../../../../../worker/gossip/core/profiles.ts";
import { simulationProfile } from "../../../../sim/gossip/simulation-profile.ts";

const ALL: readonly (readonly [string, Profile])[] = [
  ["swarm", swarmProfile],
  ["lan", lanProfile],
  ["simulation", simulationProfile],
];

describe("memberlist's own profile for one data centre", () => {
  for (const [name, value] of Object.entries({
    streamTimeoutMs: 10_000,
    indirectChecks: 3,
    retransmitMult: 4,
    suspicionMult: 4,
    suspicionMaxMult: 6,
    exchangeIntervalMs: 30_000,
    probeIntervalMs: 1_000,
    probeTimeoutMs: 500,
    awarenessMax: 8,
    gossipIntervalMs: 200,
    gossipNodes: 3,
    gossipToTheDeadMs: 30_000,
  })) {
    it(`${name}: ${value}`, () => assert.equal(lanProfile[name as keyof Profile], value));
  }

  it("has none of what goes further: constant probing, whole exchanges, named pings", () => {
    assert.equal(lanProfile.probePaceMaxMs, lanProfile.probeIntervalMs);
    assert.deepEqual(
      [lanProfile.verifiesSuspicions, lanProfile.watchesNeighbour, lanProfile.namesItself],
      [false, false, true],
    );
    assert.deepEqual([lanProfile.exchangeMembersMax, lanProfile.suspicionCalmTo], [Number.POSITIVE_INFINITY, 10]);
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
