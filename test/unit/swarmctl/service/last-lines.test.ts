import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LinePart } from "../../../../shared/logs/line-joiner.ts";
import { LastLines } from "../../../../swarmctl/service/last-lines.ts";

const part = (timestampMs: number, at: number): LinePart => ({
  line: {
    ...{
      taskId: `t${at}`,
      nodeId: "n1",
      timestampMs,
      nanos: 0,
      stream: "STDOUT",
      text: Buffer.from(""),
      partial: false,
    },
    ...{ generation: 1, offset: at },
  },
  ...{ texts: [], begins: true, ends: true },
});

test("the last lines are the latest ones, in order of time, those of one instant as they came", () => {
  const few = fc.integer({ min: 0, max: 50 });
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 200 }), few, (times, count) => {
      const last = new LastLines(count);
      for (const [at, timeMs] of times.entries()) last.add(part(timeMs, at));
      const sorted = times.map((timeMs, at) => ({ timeMs, at })).sort((a, b) => a.timeMs - b.timeMs || a.at - b.at);
      assert.deepEqual(
        last.take().map(({ line }) => line.offset),
        count === 0 ? [] : sorted.slice(-count).map(({ at }) => at),
      );
    }),
  );
});

test("of very many lines no more than a few thousand are held beyond those that are wanted", () => {
  const last = new LastLines(3);
  for (let at = 0; at < 100_000; at++) last.add(part(at, at));
  assert.deepEqual(
    last.take().map(({ line }) => line.offset),
    [99_997, 99_998, 99_999],
  );
});
