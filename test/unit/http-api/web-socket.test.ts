import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader, frameOf } from "../../../http-api/web-socket.ts";

/** As a client sends it. */
function masked(opcode: number, payload: Uint8Array, mask: Uint8Array): Buffer {
  const plain = frameOf(opcode, payload);
  const headLength = plain.length - payload.length;
  const head = Buffer.from(plain.subarray(0, headLength));
  head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))]);
}

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });

test("frames come out as they were sent, whatever the pieces in which they come", () => {
  const frame = fc.record({
    opcode: fc.constantFrom(1, 2, 9),
    payload: fc.oneof(
      bytes(0, 130),
      fc.integer({ min: 65_530, max: 65_545 }).map((size) => new Uint8Array(size).fill(7)),
    ),
    mask: bytes(4, 4),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), fc.integer({ min: 1, max: 9_000 }), (sent, size) => {
      const whole = Buffer.concat(sent.map(({ opcode, payload, mask }) => masked(opcode, payload, mask)));
      const reader = new FrameReader();
      const found = [];
      for (let at = 0; at < whole.length; at += size) found.push(...reader.take(whole.subarray(at, at + size)));
      assert.deepEqual(
        found,
        sent.map(({ opcode, payload }) => ({ opcode, payload: Buffer.from(payload) })),
      );
    }),
    { numRuns: 50 },
  );
});

test("a frame without a mask, or one that is too long, ends the conversation", () => {
  assert.throws(() => new FrameReader().take(frameOf(1, Buffer.from("x"))), { code: "invalidArgument" });
  const endless = Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.throws(() => new FrameReader().take(endless), /at most 1048576 bytes/);
});
