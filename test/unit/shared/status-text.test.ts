import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cutText } from "../../../shared/objects/status-text.ts";

test("of a text that is too long its beginning and its end stay: what was tried, and why it failed", () => {
  const noise = "this is not what you look for\n".repeat(1_000);
  const cut = cutText(`cannot create the container: ${noise}permission denied`, 200);
  assert.match(cut, /^cannot create the container: .* … .*permission denied$/s);
  assert.equal(Buffer.byteLength(cut), 200);
  assert.equal(cutText("short", 200), "short");
});

test("a cut text is whole characters of the text, and not too many bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 20, max: 80 }), (text, bytesMax) => {
      const cut = cutText(text, bytesMax);
      assert.ok(Buffer.byteLength(cut) <= bytesMax);
      if (cut === text) return;
      assert.ok(Buffer.byteLength(text) > bytesMax && Buffer.byteLength(cut) > bytesMax - 8);
      const isBothEnds = Array.from({ length: cut.length }, (_, at) => at).some(
        (at) => cut.startsWith(" … ", at) && text.startsWith(cut.slice(0, at)) && text.endsWith(cut.slice(at + 3)),
      );
      assert.ok(isBothEnds, JSON.stringify({ text, cut }));
    }),
  );
});
