import { strict as assert } from "node:assert";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import type { Answer } from "../../../http-api/answer.ts";
import { jsonList, WHOLE_MAX } from "../../../http-api/json-list.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";

const { signal } = new AbortController();
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);
const textOf = (item: number): string => JSON.stringify({ item });

async function bodyOf(answer: Answer): Promise<string> {
  assert(answer.kind !== "hijack");
  return answer.kind === "whole" ? String(answer.body) : String(await buffer(answer.pieces));
}

test("a list is the same JSON however long it is, and has its length while it is short", async () => {
  for (const count of [0, 1, WHOLE_MAX, WHOLE_MAX + 1, 20_000]) {
    const items = numbers(count);
    const answer = jsonList({ items, textOf }, { clock: systemClock, signal });
    assert.equal(answer.kind, count <= WHOLE_MAX ? "whole" : "stream");
    assert.equal(answer.headers["Content-Type"], "application/json");
    assert.equal(await bodyOf(answer), `${JSON.stringify(items.map((item) => ({ item })))}\n`);
  }
});

test("objects of a long list are put into words when their reader takes them, and others go between", async () => {
  let nowMs = 0;
  let turns = 0;
  // Each object takes a millisecond.
  const clock: Clock = {
    ...systemClock,
    now: () => nowMs,
    schedule: (delayMs, label, action) => {
      turns++;
      return systemClock.schedule(delayMs, label, action);
    },
  };
  let made = 0;
  const slow = (item: number): string => {
    nowMs++;
    made++;
    return JSON.stringify("x".repeat(1_000 + (item % 2)));
  };
  const answer = jsonList({ items: numbers(1_000), textOf: slow }, { clock, signal });
  assert(answer.kind === "stream");
  const pieces = answer.pieces[Symbol.asyncIterator]();
  assert.equal(made, 0);
  const { value } = (await pieces.next()) as { value: Buffer };
  assert(value.length <= (64 << 10) + 1_010, `${value.length} bytes in a piece`);
  assert(made < 70, `${made} objects were made for one piece`);
  assert(turns >= 10, `the work on ${made} objects took ${turns} turns`);
  await pieces.return?.();
  assert(made < 70);
});
