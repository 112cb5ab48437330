import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberChange } from "../../../../worker/gossip/core/effects.ts";
import {
  ALL_LOOK_MAX,
  ANSWERING_EVERY_MS,
  GONE_EVERY_MS,
  GONE_MAX,
  HostSights,
} from "../../../../worker/membership/host-sights.ts";

type Step = MemberChange | "refused" | "accepted" | "noAnswer" | "notTried";

/** One host through gossip's news and the outcome of looks, a second apart. */
function after(...steps: readonly Step[]): { readonly sights: HostSights; readonly nowMs: number } {
  const sights = new HostSights();
  let nowMs = 0;
  for (const step of steps) {
    nowMs += 10_000;
    if (step === "refused" || step === "accepted" || step === "noAnswer" || step === "notTried") {
      for (const { record } of sights.takeLooks(nowMs)) record.onAnswer(nowMs, step);
    } else sights.onMember(step, "n2", "10.77.0.2", nowMs, 0);
  }
  return { sights, nowMs };
}

const cases: readonly (readonly [string, readonly Step[], boolean])[] = [
  ["a host that joined is there", ["joined"], false],
  ["a suspect is there, even one that does not answer", ["joined", "suspected", "noAnswer", "noAnswer"], false],
  ["a death alone is the daemon's", ["joined", "died"], false],
  ["one look without an answer may be a lost packet", ["joined", "died", "noAnswer"], false],
  ["a dead host that does not answer is gone", ["joined", "died", "noAnswer", "noAnswer"], true],
  ["what was seen of the suspect holds for the dead", ["joined", "suspected", "noAnswer", "noAnswer", "died"], true],
  ["a killed daemon's host is there", ["joined", "died", "refused"], false],
  ["a stopped daemon's host is there", ["joined", "died", "accepted"], false],
  ["a look that failed on our side tells nothing", ["joined", "died", "notTried", "notTried", "notTried"], false],
  ["a daemon was killed, then its host lost power", ["joined", "died", "refused", "noAnswer", "noAnswer"], true],
  ["a host that answers again is there", ["joined", "died", "noAnswer", "noAnswer", "refused"], false],
  ["a host that gossips again is there", ["joined", "died", "noAnswer", "noAnswer", "joined"], false],
  ["an earlier suspicion means nothing", ["joined", "suspected", "noAnswer", "noAnswer", "trusted", "died"], false],
  ["a host that said good-bye is gone", ["joined", "left"], true],
  ["and back when it joins again", ["joined", "left", "joined"], false],
];
for (const [claim, steps, isGone] of cases) {
  test(claim, () => {
    const { sights } = after(...steps);
    assert.deepEqual([...sights.gone()], isGone ? ["n2"] : []);
  });
}

test("the leader is told of the dead and the left, and who of them answers nobody", () => {
  const { sights, nowMs } = after("joined", "died", "noAnswer", "noAnswer");
  sights.onMember("joined", "n3", "10.77.0.3", nowMs, 0);
  sights.onMember("died", "n3", "10.77.0.3", nowMs, 0);
  sights.onMember("joined", "n4", "10.77.0.4", nowMs, 0);
  sights.onMember("suspected", "n5", "10.77.0.5", nowMs, 0);
  assert.deepEqual(sights.report(), [
    { nodeId: "n2", unanswered: true },
    { nodeId: "n3", unanswered: false },
  ]);
});

test("a sight tells since when", () => {
  const { sights, nowMs } = after("joined", "died");
  assert.deepEqual(sights.sight("n2", nowMs + 2_100), { state: "dead", forMs: 2_100, isUnanswered: false });
  assert.equal(sights.sight("n9", nowMs), null);
  sights.onMember("updated", "n2", "10.77.0.99", nowMs + 50, 0);
  assert.equal(sights.sight("n2", nowMs + 100)?.forMs, 100, "another address is no other death");
});

test("looks come quickly until it is certain, rarely at hosts that answer, and stop with the suspicion", () => {
  const sights = new HostSights();
  const looksIn = (fromMs: number, toMs: number, answer: "noAnswer" | "accepted"): number => {
    let count = 0;
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 50) {
      for (const { record, address } of sights.takeLooks(nowMs)) {
        assert.equal(address, "10.77.0.2");
        record.onAnswer(nowMs, answer);
        count++;
      }
    }
    return count;
  };
  sights.onMember("joined", "n2", "10.77.0.2", 0, 0);
  assert.equal(looksIn(0, 5_000, "noAnswer"), 0);
  sights.onMember("suspected", "n2", "10.77.0.2", 5_000, 0);
  assert.equal(looksIn(5_000, 5_500, "noAnswer"), 2);
  assert.equal(looksIn(5_500, 5_500 + 10 * GONE_EVERY_MS, "noAnswer"), 10);
  assert.equal(looksIn(30_000, 30_000 + 10 * ANSWERING_EVERY_MS, "accepted"), 10);
  sights.onMember("trusted", "n2", "10.77.0.2", 90_000, 0);
  assert.equal(sights.hasLooks, false);
  assert.equal(looksIn(90_000, 99_000, "noAnswer"), 0);
});

test("in a large cluster nobody looks at suspects, and looks at the dead are spread over time", () => {
  const sights = new HostSights();
  for (let host = 0; host < ALL_LOOK_MAX + 1; host++) sights.onMember("joined", `h${host}`, `10.0.0.${host}`, 0, 0);
  sights.onMember("suspected", "h1", "10.0.0.1", 100, 0.5);
  assert.equal(sights.takeLooks(100).length, 0);
  sights.onMember("died", "h1", "10.0.0.1", 200, 0.5);
  assert.equal(sights.takeLooks(200).length, 0);
  assert.equal(sights.takeLooks(200 + 20 * ALL_LOOK_MAX).length, 1);
});

test("memory is bounded: of too many the longest gone are forgotten, those alive are not", () => {
  const sights = new HostSights();
  sights.onMember("joined", "alive", "10.0.0.1", 0, 0);
  for (let host = 0; host < GONE_MAX + 10; host++) sights.onMember("left", `h${host}`, "10.0.0.2", host, 0);
  assert.equal(sights.gone().size, GONE_MAX - 1);
  assert.equal(sights.sight("alive", 0)?.state, "alive");
  assert.equal(sights.sight("h0", 0), null);
});
