import assert from "node:assert/strict";
import { test } from "node:test";
import { believable, sentences } from "../../../../manager/logs/worker-logs.ts";
import { HOST_LIMITS } from "../../../../shared/objects/limits.ts";
import type { LogLine } from "../../../../shared/rpc/gen/dispatcher.ts";

const line = (part: Partial<LogLine>): LogLine => ({
  taskId: "t1",
  nodeId: "n1",
  timestampMs: 5,
  nanos: 0,
  stream: "STDOUT",
  text: Buffer.from("hello"),
  partial: false,
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

test("sentences are cut, and there are not thousands of them", () => {
  const long = sentences(Array(1_000).fill("e".repeat(1_000_000)));
  assert.equal(long.length, 100);
  assert.equal(Buffer.byteLength(long[0] ?? ""), HOST_LIMITS.logError.max);
});
