import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerCache } from "../../../../worker/dns/answer-cache.ts";
import { CACHE_BYTES_MAX, CACHE_ENTRIES_MAX } from "../../../../worker/dns/limits.ts";
import type { UpstreamAnswer } from "../../../../worker/dns/upstream-message.ts";

const answerOf = (length: number, keepSeconds = 60): UpstreamAnswer => ({
  bytes: new Uint8Array(length),
  rcode: 0,
  isTruncated: false,
  ttlOffsets: [],
  keepSeconds,
});

test("what was asked for longest ago goes when there are too many", () => {
  const cache = new AnswerCache();
  cache.put("first", answerOf(50), 0);
  for (let at = 1; at < CACHE_ENTRIES_MAX; at++) cache.put(`key${at}`, answerOf(50), 0);
  assert.ok(cache.get("first", 1) !== null);
  cache.put("last", answerOf(50), 1);
  assert.equal(cache.size, CACHE_ENTRIES_MAX);
  assert.equal(cache.get("key1", 1), null);
  assert.ok(cache.get("first", 1) !== null && cache.get("last", 1) !== null);
});

test("few large answers are too many, too", () => {
  const cache = new AnswerCache();
  for (let at = 0; at < 1_000; at++) cache.put(`key${at}`, answerOf(65_000), 0);
  assert.ok(cache.size * 65_000 <= CACHE_BYTES_MAX && cache.size > 100);
  // Each is counted once, also when it is put again or runs out.
  for (let at = 0; at < 1_000; at++) cache.put("same", answerOf(65_000), 0);
  for (let at = 0; at < 1_000; at++) cache.get(`key${at}`, 60_000);
  for (let at = 0; at < 100; at++) cache.put(`again${at}`, answerOf(65_000), 60_000);
  assert.equal(cache.get("again0", 60_000)?.ageSeconds, 0);
});

test("what may not be kept takes the place of nothing but what it replaces", () => {
  const cache = new AnswerCache();
  cache.put("key", answerOf(50), 0);
  cache.put("key", answerOf(50, 0), 0);
  assert.equal(cache.size, 0);
});
