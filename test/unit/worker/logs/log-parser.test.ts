import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ENTRY_BYTES_MAX, isEntryEnd, LogParser, PIECE_HEADER_BYTES_MAX } from "../../../../worker/logs/log-parser.ts";

const TIME = "2026-11-21T05:07:42.097243140+00:00";
const parse = (text: string): readonly string[] => {
  const parser = new LogParser();
  return [...parser.push(Buffer.from(text)), ...parser.flush()].map(
    (entry) => `${entry.timestampMs}.${entry.nanos} ${entry.stream} ${Buffer.from(entry.text)}`,
  );
};
const AT = `${Date.parse("2026-11-21T05:07:42.097Z")}.243140`;

describe("the monitor's log format", () => {
  it("gives time to the nanosecond, stream and text", () => {
    assert.deepEqual(parse(`${TIME} stdout F hello  world \n${TIME} stderr F \n`), [
      `${AT} STDOUT hello  world `,
      `${AT} STDERR `,
    ]);
  });

  it("understands other zones and shorter fractions", () => {
    const base = Date.parse("2026-11-21T05:07:42Z");
    assert.deepEqual(parse("2026-11-21T06:07:42.5+01:00 stdout F a\n2026-11-21T05:07:42Z stdout F b\n"), [
      `${base + 500}.0 STDOUT a`,
      `${base}.0 STDOUT b`,
    ]);
  });

  it("joins the pieces of a long line, for each stream by itself", () => {
    const text = `${TIME} stdout P one \n${TIME} stderr F other\n${TIME} stdout P two \n${TIME} stdout F three\n`;
    assert.deepEqual(parse(text), [`${AT} STDERR other`, `${AT} STDOUT one two three`]);
  });

  it("gives out what was not ended when nothing more will come", () => {
    assert.deepEqual(parse(`${TIME} stdout P prompt> \n`), [`${AT} STDOUT prompt> `]);
  });

  it("leaves out what is not in the format", () => {
    assert.deepEqual(
      parse(`garbage\n\n${TIME} stdin F x\n${TIME} stdout X x\nyesterday stdout F x\n${TIME} stdout F ok\n`),
      [`${AT} STDOUT ok`],
    );
  });

  it("gives out a line in pieces when it is longer than may be kept", () => {
    const parser = new LogParser();
    const piece = Buffer.from(`${TIME} stdout P ${"x".repeat(8192)}\n`);
    const pieces = Math.ceil(ENTRY_BYTES_MAX / 8192);
    const entries = Array.from({ length: pieces }, () => parser.push(piece)).flat();
    assert.equal(entries.length, 1);
    assert.equal(entries[0]?.text.length, pieces * 8192);
    assert.equal(entries[0]?.partial, true);
    // conmon read up to the line end: the line ends with an empty piece.
    assert.deepEqual(
      parser.push(Buffer.from(`${TIME} stdout F \n`)).map(({ text, partial }) => [text.length, partial]),
      [[0, false]],
    );
  });

  it("tells a line that was ended from one that was not", () => {
    const parser = new LogParser();
    const ended = parser.push(Buffer.from(`${TIME} stdout P a\n${TIME} stdout F \n${TIME} stdout P b\n`));
    assert.deepEqual(
      [...ended, ...parser.flush()].map(({ text, partial }) => [String(Buffer.from(text)), partial]),
      [
        ["a", false],
        ["b", true],
      ],
    );
  });

  it("gives the same entries however the bytes are cut", () => {
    const text = `${TIME} stdout P one \n${TIME} stderr F öther\n${TIME} stdout F two\nbad\n${TIME} stdout F three\n`;
    const bytes = Buffer.from(text);
    const whole = new LogParser().push(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const parser = new LogParser();
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const entries = at.slice(1).flatMap((to, index) => [...parser.push(bytes.subarray(at[index], to))]);
        assert.deepEqual(entries, whole);
      }),
    );
  });

  it("tells the end of an entry by the beginning of a line", () => {
    const ends = [`${TIME} stdout P a`, `${TIME} stdout F b`, "cut", `${TIME} stdout F `];
    assert.deepEqual(
      ends.map((line) => isEntryEnd(Buffer.from(line).subarray(0, PIECE_HEADER_BYTES_MAX))),
      [false, true, false, true],
    );
  });
});
