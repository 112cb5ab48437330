import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GossipEvidence } from "../../../../manager/liveness/gossip-evidence.ts";
import {
  type Before,
  type Evidence,
  judgeNode,
  LIVENESS_SILENT_MS_MIN,
  type LivenessRules,
  NEW_LEADER_GRACE_MS_MIN,
} from "../../../../manager/liveness/judge-node.ts";

const GRACE_MS = 30_000;
const RULES: LivenessRules = { disconnectGraceMs: GRACE_MS, heartbeatPeriodMs: 500 };
const heard = { session: "open", silentMs: 100, probeAnswer: null, probesUnanswered: 0, gossip: null } as const;

/** A silence that this leader could hear all along. */
function evidenceOf(part: Partial<Evidence>): Evidence {
  const all = { ...heard, ...part };
  return { heardAgoMs: all.session === "never" ? Number.POSITIVE_INFINITY : all.silentMs, ...all };
}

function before(state: Before["state"], silentForMs: number | null = null): Before {
  return { state, finding: state === "READY" ? "" : "as it was", silentForMs };
}

type Case = readonly [string, Before["state"], Partial<Evidence>, string | null];

function check(cases: readonly Case[]): void {
  for (const [claim, state, evidence, expected] of cases) {
    test(claim, () => {
      const verdict = judgeNode(before(state), evidenceOf(evidence), RULES);
      assert.equal(verdict?.state ?? state, expected ?? state);
    });
  }
}

describe("without gossip", () => {
  check([
    ["a node in session is ready", "UNKNOWN", {}, "READY"],
    ["a node that is heard again is ready", "DISCONNECTED", {}, "READY"],
    ["a node that returns from being down is ready", "DOWN", {}, "READY"],
    ["nothing is written while nothing changes", "READY", {}, null],
    ["a missed heartbeat means nothing", "READY", { silentMs: 1_400 }, null],
    ["three missed heartbeats disconnect", "READY", { silentMs: LIVENESS_SILENT_MS_MIN }, "DISCONNECTED"],
    ["a closed stream alone means nothing", "READY", { session: "closed" }, null],
    [
      "a closed stream disconnects after the same silence",
      "READY",
      { session: "closed", silentMs: 1_500 },
      "DISCONNECTED",
    ],
    ["one unanswered probe is not enough", "READY", { silentMs: 2_500, probesUnanswered: 1 }, "DISCONNECTED"],
    ["two unanswered probes and silence: down", "DISCONNECTED", { silentMs: 2_500, probesUnanswered: 2 }, "DOWN"],
    ["unanswered probes mean nothing while the session speaks", "READY", { probesUnanswered: 9 }, null],
    ["unanswered probes mean nothing before silence", "READY", { session: "closed", probesUnanswered: 2 }, null],
    [
      "a killed daemon keeps its tasks",
      "DISCONNECTED",
      { session: "closed", silentMs: 29_900, probeAnswer: "refused" },
      null,
    ],
    ["a killed daemon is down after the grace", "DISCONNECTED", { silentMs: GRACE_MS, probeAnswer: "refused" }, "DOWN"],
    ["a mute daemon is down after the grace", "DISCONNECTED", { silentMs: GRACE_MS, probeAnswer: "accepted" }, "DOWN"],
    ["a node that is down stays so", "DOWN", { session: "closed", silentMs: 99_000 }, null],
    ["a new leader does not doubt again who was down", "DOWN", { session: "never", silentMs: 10 }, null],
    ["a new leader gives time to register", "READY", { session: "never", silentMs: NEW_LEADER_GRACE_MS_MIN - 1 }, null],
    [
      "after that time a node is disconnected",
      "READY",
      { session: "never", silentMs: NEW_LEADER_GRACE_MS_MIN },
      "DISCONNECTED",
    ],
    [
      "a new leader sees at once that a host is gone",
      "READY",
      { session: "never", silentMs: 2_400, probesUnanswered: 2 },
      "DOWN",
    ],
    ["a node that never registered stays unknown", "UNKNOWN", { session: "never", silentMs: 20_000 }, null],
    ["but not for ever", "UNKNOWN", { session: "never", silentMs: GRACE_MS }, "DOWN"],
  ]);
});

/** Five nodes: the leader and three others can see the one that is judged. */
function gossip(state: GossipEvidence["state"], part: Partial<GossipEvidence> = {}): GossipEvidence {
  const seenBy = state === "alive" || state === "suspect" ? 0 : 4;
  return { state, forMs: 300, isUnanswered: false, seenBy, unansweredBy: seenBy, present: 4, witnesses: 4, ...part };
}
const silent = { silentMs: 2_400 } as const;
const noAnswer = { ...silent, probesUnanswered: 2 } as const;

describe("with gossip", () => {
  check([
    ["speaks and gossips: ready", "UNKNOWN", { gossip: gossip("alive") }, "READY"],
    ["speaks and is suspected: most suspicions are refuted", "READY", { gossip: gossip("suspect") }, null],
    ["speaks and is dead to gossip: unreachable, nothing moves", "READY", { gossip: gossip("dead") }, "DISCONNECTED"],
    [
      "also for an hour",
      "DISCONNECTED",
      { gossip: gossip("dead", { forMs: 3_600_000 }), probesUnanswered: 99 },
      "DISCONNECTED",
    ],
    [
      "a leader that alone has everybody dead is cut off from gossip itself",
      "READY",
      { gossip: gossip("dead", { seenBy: 1, present: 1 }) },
      null,
    ],
    ["back in gossip: ready", "DISCONNECTED", { gossip: gossip("alive") }, "READY"],
    [
      "silent but gossips: unreachable, nothing moves",
      "READY",
      { ...noAnswer, gossip: gossip("alive") },
      "DISCONNECTED",
    ],
    [
      "silent but gossips, and be it for an hour",
      "DISCONNECTED",
      { ...noAnswer, silentMs: 3_600_000, gossip: gossip("alive") },
      "DISCONNECTED",
    ],
    ["silent and suspected: not yet", "READY", { ...noAnswer, gossip: gossip("suspect") }, "DISCONNECTED"],
    [
      "silent, dead, and several see no answer: the host is gone",
      "READY",
      { ...noAnswer, gossip: gossip("dead") },
      "DOWN",
    ],
    [
      "the leader's own host may have looked earlier than the leader",
      "READY",
      { ...silent, gossip: gossip("dead", { isUnanswered: true }) },
      "DOWN",
    ],
    [
      "the leader gets no answer but the others do: a broken link",
      "READY",
      { ...noAnswer, gossip: gossip("dead", { unansweredBy: 1 }) },
      "DISCONNECTED",
    ],
    [
      "the others get no answer but the leader does",
      "READY",
      { ...silent, probeAnswer: "refused", gossip: gossip("dead") },
      "DISCONNECTED",
    ],
    [
      "most others see it alive: gossip does not have it dead",
      "DISCONNECTED",
      { ...noAnswer, silentMs: 60_000, gossip: gossip("dead", { seenBy: 2, unansweredBy: 2 }) },
      "DISCONNECTED",
    ],
    [
      "a killed daemon keeps its tasks for the grace",
      "DISCONNECTED",
      { silentMs: 29_900, probeAnswer: "refused", gossip: gossip("dead", { unansweredBy: 0 }) },
      "DISCONNECTED",
    ],
    [
      "and is down after it",
      "DISCONNECTED",
      { silentMs: GRACE_MS, probeAnswer: "refused", gossip: gossip("dead", { unansweredBy: 0 }) },
      "DOWN",
    ],
    [
      "a stopped daemon keeps its tasks for the grace",
      "DISCONNECTED",
      { silentMs: 20_000, probeAnswer: "accepted", gossip: gossip("dead", { unansweredBy: 0 }) },
      "DISCONNECTED",
    ],
    [
      "a leader without power of judgement: the only manager lost all others at once, and waits for the grace",
      "READY",
      { ...noAnswer, gossip: gossip("dead", { seenBy: 1, unansweredBy: 1, present: 1 }) },
      "DISCONNECTED",
    ],
    [
      "and then acts",
      "DISCONNECTED",
      { ...noAnswer, silentMs: GRACE_MS, gossip: gossip("dead", { seenBy: 1, unansweredBy: 1, present: 1 }) },
      "DOWN",
    ],
    [
      "in a cluster of two the other one is witness enough",
      "READY",
      { ...noAnswer, gossip: gossip("dead", { seenBy: 1, unansweredBy: 1, present: 1, witnesses: 1 }) },
      "DOWN",
    ],
    ["a good-bye needs no probe", "READY", { ...silent, gossip: gossip("left") }, "DOWN"],
    ["a good-bye of one that still speaks moves nothing", "READY", { gossip: gossip("left") }, "DISCONNECTED"],
    ["down stays down, whatever gossip says", "DOWN", { ...silent, gossip: gossip("alive") }, null],
    [
      "dead to gossip before the silence is long enough: nothing moves yet",
      "READY",
      { silentMs: 1_000, probesUnanswered: 2, gossip: gossip("dead") },
      "DISCONNECTED",
    ],
    [
      "a new leader believes gossip that a host of the old one is gone",
      "READY",
      { session: "never", silentMs: 1_300, probesUnanswered: 2, gossip: gossip("dead") },
      "DOWN",
    ],
    [
      "a new leader gives one that gossips time to register",
      "READY",
      { session: "never", silentMs: 2_400, probesUnanswered: 2, gossip: gossip("alive") },
      null,
    ],
    [
      "one that gossips and never registered stays unknown",
      "UNKNOWN",
      { session: "never", silentMs: 99_000, gossip: gossip("alive") },
      null,
    ],
  ]);
});

describe("a change of leader", () => {
  const dead = gossip("dead", { forMs: 29_000, unansweredBy: 0 });
  const never = { session: "never", silentMs: NEW_LEADER_GRACE_MS_MIN, probeAnswer: "refused" } as const;
  const judge = (silentForMs: number | null, evidence: Partial<Evidence>): string | undefined =>
    judgeNode(before("DISCONNECTED", silentForMs), evidenceOf(evidence), RULES)?.state;

  test("does not restart the grace: the silence that was written down counts on", () => {
    assert.notEqual(judge(29_500, { ...never, gossip: dead }), "DOWN");
    assert.equal(judge(30_500, { ...never, gossip: { ...dead, forMs: 30_100 } }), "DOWN");
  });

  test("takes no clock's word alone: gossip must have had it dead for as long", () => {
    assert.notEqual(judge(3_600_000, { ...never, gossip: { ...dead, forMs: 5_000 } }), "DOWN");
  });

  test("leaves a node alone that was dead to gossip only, for it has time to register", () => {
    assert.notEqual(judge(null, { ...never, gossip: { ...dead, forMs: 3_600_000 } }), "DOWN");
    assert.notEqual(judge(3_600_000, { ...never, silentMs: 100, gossip: { ...dead, forMs: 3_600_000 } }), "DOWN");
  });
});

test("a verdict names its evidence", () => {
  const sentence = (state: Before["state"], evidence: Partial<Evidence>): string | undefined =>
    judgeNode(before(state), evidenceOf(evidence), RULES)?.message;
  assert.equal(
    sentence("READY", { ...noAnswer, gossip: gossip("dead", { forMs: 2_100 }) }),
    "gossip dead for 2.1 s, session silent for 2.4 s, seen by 4 of 4; its host does not answer",
  );
  assert.equal(
    sentence("READY", { ...silent, probeAnswer: "accepted", gossip: gossip("alive") }),
    "gossip alive, but session silent for 2.4 s; its host answers and the daemon accepts connections but says nothing",
  );
  assert.equal(
    sentence("READY", { gossip: gossip("dead") }),
    "gossip dead for 0.3 s, seen by 4 of 4, but its session speaks: is port 7946 open to it, TCP and UDP?",
  );
  assert.equal(
    sentence("READY", { ...silent, gossip: gossip("left", { forMs: 900 }) }),
    "it left gossip 0.9 s ago, session silent for 2.4 s, seen by 4 of 4; whether its host answers is not known yet",
  );
  assert.equal(
    sentence("READY", { ...silent, gossip: gossip("dead", { seenBy: 1 }) }),
    "gossip dead for 0.3 s, session silent for 2.4 s, seen by 1 of 4; whether its host answers is not known yet",
  );
  assert.equal(sentence("READY", noAnswer), "session silent for 2.4 s; its host does not answer");
  assert.equal(
    sentence("READY", { session: "closed", silentMs: 1_500, probeAnswer: "refused" }),
    "session closed and silent for 1.5 s; its host answers, so the daemon is gone and its containers may be alive",
  );
});

test("evidence of another kind is written, the same with other numbers is not", () => {
  const first = judgeNode(before("READY"), evidenceOf({ ...silent, gossip: gossip("alive") }), RULES);
  assert.equal(first?.isSilent, true);
  const now: Before = { state: "DISCONNECTED", finding: first?.finding ?? "", silentForMs: 2_400 };
  assert.equal(judgeNode(now, evidenceOf({ silentMs: 9_000, gossip: gossip("suspect") }), RULES), null);
  const next = judgeNode(now, evidenceOf({ silentMs: 9_000, gossip: gossip("dead", { unansweredBy: 0 }) }), RULES);
  assert.match(next?.message ?? "", /gossip dead/);
  const speaks = judgeNode(now, evidenceOf({ gossip: gossip("dead") }), RULES);
  assert.deepEqual([speaks?.state, speaks?.isSilent], ["DISCONNECTED", false]);
});

test("a grace shorter than the new leader's does not shorten that one", () => {
  const judge = (silentMs: number): string | undefined =>
    judgeNode(before("READY"), evidenceOf({ session: "never", silentMs }), { ...RULES, disconnectGraceMs: 2_000 })
      ?.state;
  assert.equal(judge(2_400), undefined);
  assert.equal(judge(2_500), "DOWN");
});

test("a leader that was deaf for a while does not bring back who was down before", () => {
  assert.equal(judgeNode(before("DOWN"), evidenceOf({ heardAgoMs: 60_000, silentMs: 100 }), RULES), null);
});

test("with a slower heartbeat silence begins later, and a new leader waits longer; a faster one changes neither", () => {
  const judge = (heartbeatPeriodMs: number, evidence: Partial<Evidence>): string | undefined =>
    judgeNode(before("READY"), evidenceOf(evidence), { ...RULES, heartbeatPeriodMs })?.state;
  const silent = (silentMs: number): Partial<Evidence> => ({ heardAgoMs: silentMs, silentMs });
  assert.equal(judge(5_000, silent(14_900)), undefined);
  assert.equal(judge(5_000, silent(15_000)), "DISCONNECTED");
  assert.equal(judge(100, silent(1_400)), undefined);
  assert.equal(judge(100, silent(1_500)), "DISCONNECTED");
  const never = (silentMs: number): Partial<Evidence> => ({ session: "never", silentMs });
  assert.equal(judge(5_000, never(24_900)), undefined);
  assert.equal(judge(5_000, never(25_000)), "DISCONNECTED");
});
