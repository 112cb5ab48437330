import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Awareness } from "../../../../../worker/gossip/core/awareness.ts";
import {
  confirmationsWanted,
  exchangeIntervalMs,
  patientMs,
  probePaceMs,
  suspicionLeftMs,
  suspicionMinMs,
  transmissionsMax,
} from "../../../../../worker/gossip/core/formulas.ts";
import { lanProfile, swarmProfile } from "../../../../../worker/gossip/core/profiles.ts";
import { Suspicion } from "../../../../../worker/gossip/core/suspicion.ts";

describe("least suspicion", () => {
  for (const [members, lanMs] of [
    [1, 4_000],
    [3, 4_000],
    [10, 4_000],
    [25, 5_588],
    [100, 8_000],
    [1_000, 12_000],
  ] as const) {
    it(`${members} members: ${lanMs} ms (lan)`, () => {
      const { suspicionMult, probeIntervalMs, suspicionCalmTo } = lanProfile;
      assert.equal(suspicionMinMs(suspicionMult, members, probeIntervalMs, suspicionCalmTo), lanMs);
    });
  }
});

describe("least suspicion where news is fast: flat up to 100 members", () => {
  for (const [members, swarmMs] of [
    [3, 1_200],
    [25, 1_200],
    [100, 1_200],
    [1_000, 2_400],
    [10_000, 3_600],
  ] as const) {
    const { suspicionMult, probeIntervalMs, suspicionCalmTo } = swarmProfile;
    it(`${members} members: ${swarmMs} ms`, () => {
      assert.equal(suspicionMinMs(suspicionMult, members, probeIntervalMs, suspicionCalmTo), swarmMs);
    });
  }
});

describe("from one probe to the next", () => {
  for (const [members, lanMs, swarmMs] of [
    [1, 1_000, 300],
    [6, 1_000, 300],
    [12, 1_000, 600],
    [18, 1_000, 900],
    [10_000, 1_000, 900],
  ] as const) {
    it(`${members} members: ${lanMs} ms (lan), ${swarmMs} ms (swarm)`, () => {
      assert.equal(probePaceMs(lanProfile.probeIntervalMs, lanProfile.probePaceMaxMs, members), lanMs);
      assert.equal(probePaceMs(swarmProfile.probeIntervalMs, swarmProfile.probePaceMaxMs, members), swarmMs);
    });
  }
});

describe("confirmations wanted", () => {
  for (const [mult, members, wanted] of [
    [4, 2, 0],
    [4, 3, 0],
    [4, 4, 2],
    [4, 100, 2],
    [6, 5, 0],
    [6, 6, 4],
    [2, 100, 0],
    [1, 100, 0],
  ] as const) {
    it(`mult ${mult}, ${members} members: ${wanted}`, () => {
      assert.equal(confirmationsWanted(mult, members), wanted);
    });
  }
});

describe("what is left of a suspicion", () => {
  for (const [confirmations, elapsedMs, leftMs] of [
    [0, 0, 30_000],
    [1, 2_000, 14_000],
    [2, 3_000, 4_810],
    [3, 4_000, -2_000],
    [4, 5_000, -3_000],
    [5, 10_000, -8_000],
  ] as const) {
    it(`${confirmations} of 3 confirmed after ${elapsedMs} ms: ${leftMs} ms (2 to 30 s)`, () => {
      assert.equal(suspicionLeftMs(confirmations, 3, elapsedMs, 2_000, 30_000), leftMs);
    });
  }

  it("nobody can confirm: the least at once", () => {
    assert.equal(suspicionLeftMs(0, 0, 500, 2_000, 30_000), 1_500);
  });
});

describe("how often news is sent", () => {
  for (const [members, times] of [
    [1, 4],
    [3, 4],
    [9, 4],
    [10, 8],
    [100, 12],
    [1_000, 16],
  ] as const) {
    it(`${members} members: ${times}`, () => assert.equal(transmissionsMax(4, members), times));
  }
});

describe("interval of exchanges", () => {
  for (const [members, factor] of [
    [1, 1],
    [32, 1],
    [33, 2],
    [64, 2],
    [65, 3],
    [1_000, 6],
  ] as const) {
    it(`${members} members: ${factor} times`, () => assert.equal(exchangeIntervalMs(30_000, members), factor * 30_000));
  }
});

it("awareness stays in its range and stretches patience", () => {
  const awareness = new Awareness(8);
  awareness.add(-3);
  assert.equal(awareness.score, 0);
  awareness.add(2);
  assert.equal(patientMs(300, awareness.score), 900);
  awareness.add(100);
  assert.equal(awareness.score, 7);
});

describe("a suspicion", () => {
  const begin = (confirmationsWanted: number): Suspicion =>
    new Suspicion({ accuser: "a", confirmationsWanted, minMs: 500, maxMs: 2_000, nowMs: 100, asksSuspect: false });

  it("lasts longest unconfirmed, and shortens with each other accuser, once each", () => {
    const suspicion = begin(3);
    assert.equal(suspicion.deadlineMs, 2_100);
    assert.equal(suspicion.maybeConfirm("a"), false, "the first accuser does not confirm itself");
    assert.equal(suspicion.maybeConfirm("b"), true);
    assert.equal(suspicion.deadlineMs, 1_350);
    assert.equal(suspicion.maybeConfirm("b"), false);
    assert.equal(suspicion.maybeConfirm("c"), true);
    assert.equal(suspicion.deadlineMs, 911);
    assert.equal(suspicion.maybeConfirm("d"), true);
    assert.equal(suspicion.deadlineMs, 600);
    assert.equal(suspicion.maybeConfirm("e"), false, "enough is enough");
  });

  it("is at its least when another member is sure", () => {
    const suspicion = begin(3);
    assert.equal(suspicion.isLonely, true);
    suspicion.confirmAll();
    assert.deepEqual([suspicion.deadlineMs, suspicion.isLonely], [600, false]);
  });

  it("begins at its least when nobody can confirm, and is postponed by a stall", () => {
    const suspicion = begin(0);
    assert.equal(suspicion.deadlineMs, 600);
    suspicion.postpone(1_000);
    assert.equal(suspicion.deadlineMs, 1_600);
  });
});
