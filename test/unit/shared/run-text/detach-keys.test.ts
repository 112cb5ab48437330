import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_DETACH_KEYS, DetachKeys, parseDetachKeys } from "../../../../shared/run-text/detach-keys.ts";

test("keys are letters and control letters", () => {
  assert.deepEqual(parseDetachKeys(DEFAULT_DETACH_KEYS), [16, 17]);
  assert.deepEqual(parseDetachKeys("ctrl-a,d"), [1, 100]);
  assert.deepEqual(parseDetachKeys("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_"), [0, 27, 28, 29, 30, 31]);
  assert.deepEqual(parseDetachKeys(""), []);
  for (const wrong of ["ctrl-", "ctrl-p,", "ctrl-ä", "xy", "ctrl-PP"]) {
    assert.throws(() => parseDetachKeys(wrong), { code: "invalidArgument", message: /invalid --detach-keys/ });
  }
});

test("whatever pieces input comes in, the first keys detach, and all before them is sent", () => {
  const letters = fc.array(fc.constantFrom(16, 17, 120), { maxLength: 30 });
  fc.assert(
    fc.property(letters, fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }), (input, sizes) => {
      const keys = new DetachKeys([16, 17]);
      const at = input.findIndex((byte, index) => byte === 16 && input[index + 1] === 17);
      const sent: number[] = [];
      let isDetached = false;
      for (let from = 0, piece = 0; from < input.length && !isDetached; piece++) {
        const size = (sizes[piece] ?? 0) + 1;
        const sifted = keys.sift(Buffer.from(input.slice(from, from + size)));
        sent.push(...sifted.bytes);
        ({ isDetached } = sifted);
        from += size;
      }
      assert.equal(isDetached, at !== -1);
      // A beginning of the keys at the end waits for what follows.
      const whole = isDetached ? input.slice(0, at) : input.at(-1) === 16 ? input.slice(0, -1) : input;
      assert.deepEqual(sent, whole);
    }),
  );
});
