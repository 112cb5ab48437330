import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { HOST_LIMITS } from "../../../../shared/objects/limits.ts";
import { statusBytes } from "../../../../shared/objects/status-text.ts";
import { isNews, REPORT_BYTES, REPORTS_UNDER_WAY_MAX, StatusQueue } from "../../../../worker/agent/status-queue.ts";
import { createTaskStatus, testId } from "../../../support/objects.ts";

const t1 = testId<TaskId>("t1");

test("that a task runs, or is over, does not wait for a report under way, and is not said worse by repeating that", () => {
  const queue = new StatusQueue();
  const [t2, t3] = [testId<TaskId>("t2"), testId<TaskId>("t3")];
  const starting = createTaskStatus("STARTING");
  for (const id of [t1, t2]) queue.note(id, starting);
  assert.equal(queue.take()?.number, 1);
  queue.note(t1, createTaskStatus("RUNNING"));
  assert.deepEqual(
    queue.take()?.updates.map(({ taskId }) => taskId),
    [t1],
  );
  assert.deepEqual(queue.underWay, { number: 1, updates: [{ taskId: t2, status: starting }] });
  queue.note(t3, starting);
  assert.equal(queue.take(), null);
  for (let more = 3; more <= REPORTS_UNDER_WAY_MAX; more++) {
    queue.note(t3, createTaskStatus("FAILED"));
    assert.equal(queue.take()?.number, more);
  }
  queue.note(t2, createTaskStatus("RUNNING"));
  assert.equal(queue.take(), null, "so many and no more");
  queue.onAccepted(2);
  assert.equal(queue.take()?.number, REPORTS_UNDER_WAY_MAX + 1);
});

test("one report is under way at a time, and only a task's newest status counts", () => {
  const queue = new StatusQueue();
  queue.note(t1, createTaskStatus("ACCEPTED"));
  assert.equal(queue.take()?.number, 1);
  queue.note(t1, createTaskStatus("PREPARING"));
  queue.note(t1, createTaskStatus("READY"));
  assert.equal(queue.take(), null);
  queue.onAccepted(1);
  const second = queue.take();
  assert.equal(second?.number, 2);
  assert.deepEqual(
    second?.updates.map(({ status }) => status?.state),
    ["READY"],
  );
  queue.onAccepted(2);
  assert.equal(queue.take(), null);
});

test("an acceptance of another report changes nothing", () => {
  const queue = new StatusQueue();
  queue.note(t1, createTaskStatus("RUNNING"));
  const report = queue.take();
  queue.onAccepted(7);
  assert.deepEqual(queue.underWay, report);
});

test("a report carries at most so many statuses; the rest follow", () => {
  const queue = new StatusQueue();
  for (let at = 0; at <= HOST_LIMITS.statusUpdates.max; at++) queue.note(testId(`t${at}`), createTaskStatus("RUNNING"));
  assert.equal(queue.take()?.updates.length, HOST_LIMITS.statusUpdates.max);
  queue.onAccepted(1);
  assert.equal(queue.take()?.updates.length, 1);
});

test("a report of long sentences carries fewer of them, and one at least", () => {
  const queue = new StatusQueue();
  const status = { ...createTaskStatus("FAILED"), err: "x".repeat(HOST_LIMITS.statusText.max) };
  for (let at = 0; at < HOST_LIMITS.statusUpdates.max; at++) queue.note(testId(`t${at}`), status);
  const count = queue.take()?.updates.length ?? 0;
  assert.ok(count >= 1 && count * statusBytes(status) <= REPORT_BYTES, `${count} statuses`);
});

test("a new session numbers anew and forgets what its full set will tell", () => {
  const queue = new StatusQueue();
  queue.note(t1, createTaskStatus("RUNNING"));
  queue.take();
  queue.beginSession();
  assert.equal(queue.take(), null);
  queue.note(t1, createTaskStatus("RUNNING"));
  assert.equal(queue.take()?.number, 1);
});

test("what the leader knows already, or better, is no news", () => {
  const running = createTaskStatus("RUNNING");
  assert.equal(isNews(running, { ...running, appliedAtMs: 9 }), false);
  assert.equal(isNews(running, createTaskStatus("SHUTDOWN")), false);
  assert.equal(isNews(running, createTaskStatus("STARTING")), true);
  assert.equal(isNews({ ...running, err: "x" }, running), true);
});
