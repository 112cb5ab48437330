import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBytes } from "../../../../shared/run-text/bytes.ts";
import { parseDuration } from "../../../../shared/run-text/duration.ts";
import { parseSince } from "../../../../shared/run-text/instant.ts";
import { parseChoice, parseCpus, parseRatio, parseWhole } from "../../../../swarmctl/parse/numbers.ts";

/** A parser with what it makes of some texts; undefined = refused with a sentence that quotes the text. */
const TABLE: readonly (readonly [string, (text: string) => unknown, readonly (readonly [string, unknown])[]])[] = [
  [
    "bytes",
    (text) => parseBytes(text, "--x"),
    [
      ["0", 0],
      ["1048576", 1_048_576],
      ["512m", 512 * 2 ** 20],
      ["512M", 512 * 2 ** 20],
      ["1g", 2 ** 30],
      ["1.5GiB", 1.5 * 2 ** 30],
      ["4kb", 4_096],
      ["7b", 7],
      ["5x", undefined],
      ["99999999999999g", undefined],
      ["-1m", undefined],
      ["m", undefined],
      ["", undefined],
      ["1 2m", undefined],
    ],
  ],
  [
    "cpus",
    (text) => parseCpus(text, "--x"),
    [
      ["1", 1e9],
      ["0.5", 5e8],
      [".25", 25e7],
      ["0.000000001", 1],
      ["0.0000000001", undefined],
      ["99999999999", undefined],
      ["1,5", undefined],
      ["-1", undefined],
      ["two", undefined],
      ["", undefined],
    ],
  ],
  [
    "durations",
    (text) => parseDuration(text, "--x"),
    [
      ["87600h", 315_360_000_000],
      ["87601h", undefined],
      ["99999999999999999999999h", undefined],
      ["1us", 1],
      ["0ns", 0],
      ["0", 0],
      ["10s", 10_000],
      ["1m30s", 90_000],
      ["1h", 3_600_000],
      ["1.5s", 1_500],
      ["250ms", 250],
      ["1000us", 1],
      ["10", undefined],
      ["s", undefined],
      ["10s ago", undefined],
      ["-5s", undefined],
      ["1d", undefined],
    ],
  ],
  [
    "whole numbers of 1..9",
    (text) => parseWhole(text, "--x", { min: 1, max: 9 }),
    [
      ["1", 1],
      ["9", 9],
      ["0", undefined],
      ["10", undefined],
      ["1.0", undefined],
      ["x", undefined],
      ["", undefined],
    ],
  ],
  [
    "ratios",
    (text) => parseRatio(text, "--x"),
    [
      ["0", 0],
      ["0.25", 0.25],
      ["1", 1],
      ["1.1", undefined],
      ["-0.1", undefined],
      ["", undefined],
      ["x", undefined],
    ],
  ],
  [
    "choices",
    (text) => parseChoice(text, "--x", { any: 1, none: 2 }),
    [
      ["any", 1],
      ["NONE", 2],
      ["other", undefined],
      ["constructor", undefined],
    ],
  ],
  [
    "instants",
    (text) => parseSince(text, 1_000_000),
    [
      ["10m", 400_000],
      ["1700000000", 1_700_000_000_000],
      ["2026-01-02T15:04:05Z", Date.UTC(2026, 0, 2, 15, 4, 5)],
      ["9999999999999999", undefined],
      ["yesterday", undefined],
    ],
  ],
];

for (const [what, parse, cases] of TABLE) {
  for (const [text, expected] of cases) {
    test(`${what}: "${text}" ${expected === undefined ? "is refused" : `is ${String(expected)}`}`, () => {
      if (expected === undefined) {
        assert.throws(
          () => parse(text),
          (error: Error) =>
            error.message.includes(`"${text}"`) && /expected|finer|no host has that|at most/.test(error.message),
        );
      } else assert.equal(parse(text), expected);
    });
  }
}
