import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrintable, visible } from "../../../shared/visible-text.ts";

test("what a terminal would obey, or would not show, is shown as JSON writes it", () => {
  const table: readonly (readonly [string, string])[] = [
    ["plain text, ünïcode, 日本語, 😀, 👨‍👩‍👧", "plain text, ünïcode, 日本語, 😀, 👨‍👩‍👧"],
    ["\u001b[31mred", "\\u001b[31mred"],
    ["\u009b2J", "\\u009b2J"],
    ["a\rb\bc\u0007\u007f\0", "a\\u000db\\u0008c\\u0007\\u007f\\u0000"],
    ["a\nb\tc", "a\\u000ab\\u0009c"],
    ["\u202egnp.exe", "\\u202egnp.exe"],
    ["\u2066x\u2069\u2028\ufeff", "\\u2066x\\u2069\\u2028\\ufeff"],
    ["\u{e0041}", "\\udb40\\udc41"],
    ["half \ud83d", "half \\ud83d"],
  ];
  for (const [text, shown] of table) {
    assert.equal(visible(text), shown);
    assert.equal(isPrintable(text), text === shown);
  }
  assert.equal(visible("a\n\tb\u001b", "\n\t"), "a\n\tb\\u001b");
});

test("JSON stays JSON and says the same", () => {
  const object = { "key\u009b": "\u202e\u{e0041}\ud800 \u001b\n" };
  const shown = visible(JSON.stringify(object, null, 4), "\n");
  assert.deepEqual(JSON.parse(shown), object);
  assert.doesNotMatch(shown, /[\u0080-\u009f\u202e]/);
});
