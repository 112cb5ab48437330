import assert from "node:assert/strict";
import { test } from "node:test";
import { ProbeRecord } from "../../../../shared/host-probe/probe-record.ts";

const PACE = { everyMs: 250, quickAnswers: 1, answeredEveryMs: 1_000, unansweredEveryMs: 3_000 };

test("two attempts without an answer are certain, one is not", () => {
  const record = new ProbeRecord(PACE);
  record.onAnswer(0, "noAnswer");
  assert.equal(record.isUnanswered, false);
  record.onAnswer(250, "noAnswer");
  assert.equal(record.isUnanswered, true);
});

test("an attempt that began before an answered one and fails after it does not count", () => {
  const record = new ProbeRecord(PACE);
  record.onAnswer(500, "refused");
  record.onAnswer(0, "noAnswer");
  record.onAnswer(250, "noAnswer");
  assert.deepEqual([record.answer, record.unanswered], ["refused", 0]);
});

test("an answer takes back what was missed before", () => {
  const record = new ProbeRecord(PACE);
  record.onAnswer(0, "noAnswer");
  record.onAnswer(250, "noAnswer");
  record.onAnswer(500, "accepted");
  assert.deepEqual([record.answer, record.isUnanswered], ["accepted", false]);
});

test("attempts come quickly, and rarely once it is certain whether the host answers", () => {
  const record = new ProbeRecord(PACE);
  let nowMs = 0;
  const pauseAfter = (answer: "accepted" | "noAnswer"): number => {
    record.begin(nowMs);
    record.onAnswer(nowMs, answer);
    const beganMs = nowMs;
    while (!record.isDue(nowMs)) nowMs += 50;
    return nowMs - beganMs;
  };
  assert.ok(record.isDue(0));
  assert.deepEqual(
    [
      pauseAfter("accepted"),
      pauseAfter("accepted"),
      pauseAfter("noAnswer"),
      pauseAfter("noAnswer"),
      pauseAfter("accepted"),
    ],
    [250, 1_000, 250, 3_000, 250],
  );
});
