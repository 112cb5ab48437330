import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HELD_BYTES_MAX, LineJoiner, type LinePart } from "../../../../shared/logs/line-joiner.ts";
import type { LogLine } from "../../../../shared/rpc/gen/dispatcher.ts";

const piece = (taskId: string, text: string | Uint8Array, partial: boolean): LogLine => ({
  ...{ taskId, nodeId: "n1", timestampMs: 5, nanos: 0, stream: "STDOUT" },
  ...{ text: Buffer.from(text), partial, generation: 1, offset: 1 },
});
const shown = ({ line, texts, begins, ends }: LinePart): string =>
  `${begins ? "" : "..."}${line.taskId} ${Buffer.concat(texts)}${ends ? "" : "..."}`;

test("pieces of lines are put together, each task's and stream's by themselves", () => {
  const joiner = new LineJoiner();
  const pieces = [
    piece("t1", "one ", true),
    piece("t2", "other", false),
    { ...piece("t1", "error", false), stream: "STDERR" as const },
    piece("t1", "", true),
    piece("t1", "two", false),
    piece("t1", "unfinished", true),
  ];
  assert.deepEqual(pieces.flatMap((each) => joiner.push(each)).map(shown), ["t2 other", "t1 error", "t1 one two"]);
  assert.deepEqual(joiner.flush().map(shown), ["t1 unfinished..."]);
  assert.deepEqual(joiner.flush(), []);
});

test("a line that is too long is given out in parts, which are told from lines", () => {
  const joiner = new LineJoiner(4);
  const texts = ["ab", "cdef", "g", "hijk", ""];
  const parts = texts.flatMap((text, at) => joiner.push(piece("t1", text, at < texts.length - 1)));
  assert.deepEqual(parts.map(shown), ["t1 abcdef...", "...t1 ghijk...", "...t1 "]);
  assert.deepEqual(joiner.push(piece("t1", "next", false)).map(shown), ["t1 next"]);
});

test("of very many lines that do not end no more is held than there is room for", () => {
  const joiner = new LineJoiner();
  const mib = Buffer.alloc(1 << 20);
  const given: LinePart[] = [];
  for (let task = 0; task < 70; task++) given.push(...joiner.push(piece(`t${task}`, mib, true)));
  const held = joiner.flush().length * mib.length;
  assert.ok(held < HELD_BYTES_MAX && held > HELD_BYTES_MAX / 2, `${held} bytes`);
  assert.equal(held + given.length * mib.length, 70 * mib.length);
});

test("bytes come out as they went in, however lines were taken apart", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 8 }), fc.boolean()), { maxLength: 30 }),
      fc.integer({ min: 1, max: 20 }),
      (pieces, bytesMax) => {
        const joiner = new LineJoiner(bytesMax);
        const raw = (parts: readonly LinePart[]): Buffer =>
          Buffer.concat(parts.flatMap(({ texts, ends }) => [...texts, Buffer.from(ends ? "\n" : "")]));
        const lines = pieces.map(([text, partial]) => piece("t1", text, partial));
        const out = lines.flatMap((line) => joiner.push(line));
        const wanted = lines.flatMap(({ text, partial }) => [text, Buffer.from(partial ? "" : "\n")]);
        assert.deepEqual(raw([...out, ...joiner.flush()]), Buffer.concat(wanted));
      },
    ),
  );
});
