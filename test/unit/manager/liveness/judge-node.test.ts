import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Evidence,
  judgeNode,
  LIVENESS_SILENT_MS,
  NEW_LEADER_GRACE_MS,
} from "../../../../manager/liveness/judge-node.ts";

const GRACE_MS = 30_000;
const heard = { session: "open", silentMs: 100, probeAnswer: null, probesUnanswered: 0 } as const;

/** A silence that this leader could hear all along. */
function evidenceOf(part: Partial<Evidence>): Evidence {
  const all = { ...heard, ...part };
  return { heardAgoMs: all.session === "never" ? Number.POSITIVE_INFINITY : all.silentMs, ...all };
}

const cases: readonly (readonly [string, Parameters<typeof judgeNode>[0], Partial<Evidence>, string | null])[] = [
  ["a node in session is ready", "UNKNOWN", {}, "READY"],
  ["a node that is heard again is ready", "DISCONNECTED", {}, "READY"],
  ["a node that returns from being down is ready", "DOWN", {}, "READY"],
  ["nothing is written while nothing changes", "READY", {}, null],
  ["a missed heartbeat means nothing", "READY", { silentMs: 1_400 }, null],
  ["three missed heartbeats disconnect", "READY", { silentMs: LIVENESS_SILENT_MS }, "DISCONNECTED"],
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
  ["a new leader gives time to register", "READY", { session: "never", silentMs: NEW_LEADER_GRACE_MS - 1 }, null],
  [
    "after that time a node is disconnected",
    "READY",
    { session: "never", silentMs: NEW_LEADER_GRACE_MS },
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
];

for (const [claim, before, evidence, expected] of cases) {
  test(claim, () => {
    const verdict = judgeNode(before, evidenceOf(evidence), GRACE_MS);
    assert.equal(verdict?.state ?? null, expected);
  });
}

test("a verdict names its evidence", () => {
  const gone = judgeNode("READY", evidenceOf({ silentMs: 2_430, probesUnanswered: 2 }), GRACE_MS);
  assert.equal(gone?.message, "no sign of life for 2.4 s, and its host does not answer");
  const killed = judgeNode(
    "READY",
    evidenceOf({ session: "closed", silentMs: 1_500, probeAnswer: "refused" }),
    GRACE_MS,
  );
  assert.equal(
    killed?.message,
    "its session ended and it has been silent for 1.5 s; its host answers, so the daemon is gone and its containers may live",
  );
});

test("a grace shorter than the new leader's does not shorten that one", () => {
  assert.equal(judgeNode("READY", evidenceOf({ session: "never", silentMs: 2_400 }), 2_000), null);
  assert.equal(judgeNode("READY", evidenceOf({ session: "never", silentMs: 2_500 }), 2_000)?.state, "DOWN");
});

test("a leader that was deaf for a while does not bring back who was down before", () => {
  assert.equal(judgeNode("DOWN", evidenceOf({ heardAgoMs: 60_000, silentMs: 100 }), GRACE_MS), null);
});
