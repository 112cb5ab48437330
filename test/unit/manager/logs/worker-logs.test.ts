import assert from "node:assert/strict";
import { test } from "node:test";
import { COMPLAINTS_MAX, Complaints } from "../../../../manager/logs/complaints.ts";
import { believable, complaintsOf } from "../../../../manager/logs/worker-logs.ts";
import type { NodeId, TaskId } from "../../../../shared/ids.ts";
import { HOST_LIMITS } from "../../../../shared/objects/limits.ts";
import type { LogLine } from "../../../../shared/rpc/gen/dispatcher.ts";
import { testId } from "../../../support/objects.ts";

const line = (part: Partial<LogLine>): LogLine => ({
  taskId: "t1",
  nodeId: "n1",
  timestampMs: 5,
  nanos: 0,
  stream: "STDOUT",
  text: Buffer.from("hello"),
  partial: false,
  generation: 1,
  offset: 1,
  ...part,
});

test("a host publishes lines of the tasks it was asked for, and of no others", () => {
  const bad = [
    line({ taskId: "t2" }),
    line({ timestampMs: 2 ** 60 }),
    line({ nanos: 1_000_000 }),
    line({ text: Buffer.alloc(HOST_LIMITS.logLine.max + 1) }),
  ];
  assert.deepEqual(believable([...bad, line({})], ["t1", "t3"]), [line({})]);
});

test("reasons are told of the tasks a host was asked for, cut, and not thousands of them at once", () => {
  const target = { taskId: testId<TaskId>("t1"), nodeId: testId<NodeId>("n1"), name: "web.1", hostname: "host1" };
  const fault = (reason: string) => ({ taskId: target.taskId, reason });
  assert.deepEqual(complaintsOf([fault("the disk is broken"), { taskId: "t2", reason: "x" }], [target]), [
    "logs of web.1 (task t1zzzzzzzzzz on host1) cannot be read: the disk is broken",
  ]);
  const long = complaintsOf(Array(1_000).fill(fault("e".repeat(1_000_000))), [target]);
  assert.equal(long.length, 100);
  assert.ok(Buffer.byteLength(long[0] ?? "") < HOST_LIMITS.logError.max + 200);
});

test("a reader is told each sentence once, and not without end", () => {
  const complaints = new Complaints();
  for (const sentence of ["a", "b", "a"]) complaints.add(sentence);
  assert.deepEqual(complaints.take(), ["a", "b"]);
  complaints.add("a");
  assert.deepEqual(complaints.take(), []);
  for (let at = 0; at < 2 * COMPLAINTS_MAX; at++) complaints.add(`reason ${at}`);
  const told = complaints.take();
  assert.equal(told.length, COMPLAINTS_MAX - 1);
  assert.match(told.at(-1) ?? "", /further ones are left out/);
});
