import assert from "node:assert/strict";
import { test } from "node:test";
import { systemOwnMemory } from "../../../../swarmd/ports/own-memory.ts";

const MUCH_BYTES = 64 << 20;

test("a heap full of garbage shrinks when it is collected, and the allocator can be trimmed", async () => {
  // Of small pieces, as a start leaves them; larger ones are freed one by one.
  let garbage: unknown[] | null = Array.from({ length: MUCH_BYTES / 64 }, (_, at) => [at, { at }]);
  const fullBytes = systemOwnMemory.heapBytes();
  assert.ok(garbage.length > 0 && fullBytes > MUCH_BYTES);
  garbage = null;
  for (const untilMs = performance.now() + 60_000; systemOwnMemory.heapBytes() > fullBytes - MUCH_BYTES / 2; ) {
    assert.ok(performance.now() < untilMs, "the heap stays as large as it was");
    await systemOwnMemory.collect();
  }
  systemOwnMemory.trim();
});

test("processor time only grows", () => {
  const beforeMs = systemOwnMemory.processorMs();
  for (const untilMs = performance.now() + 20; performance.now() < untilMs; );
  assert.ok(systemOwnMemory.processorMs() > beforeMs);
});
