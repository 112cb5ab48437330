import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader, frame, GREETING } from "../../../../shared/rpc/light/frames.ts";
import { INBOX_BYTES_MAX, MessageInbox } from "../../../../shared/rpc/light/inbox.ts";

test("a sender is held back while too much waits, and let go when it was taken", async () => {
  const told: boolean[] = [];
  const inbox = new MessageInbox((isFull) => told.push(isFull));
  inbox.push(Buffer.alloc(INBOX_BYTES_MAX - 1));
  assert.deepEqual(told, []);
  inbox.push(Buffer.alloc(1));
  assert.deepEqual(told, [true]);
  await inbox.take();
  assert.deepEqual(told, [true, false]);
});

test("what came before the end is still taken, and then its error", async () => {
  const inbox = new MessageInbox(() => {});
  inbox.push(Buffer.from("a"));
  inbox.end(new Error("gone"));
  inbox.push(Buffer.from("too late"));
  assert.equal(String(await inbox.take()), "a");
  await assert.rejects(inbox.take(), /gone/);
});

test("a reader that waits is woken by a message, and by the end", async () => {
  const inbox = new MessageInbox(() => {});
  const first = inbox.take();
  inbox.push(Buffer.from("a"));
  assert.equal(String(await first), "a");
  const second = inbox.take();
  inbox.close();
  assert.equal(await second, null);
});

test("frames come out as they went in, whatever pieces they arrive in", () => {
  const kinds = fc.constantFrom("message", "halfClose", "alive", "end", "head");
  const frames = fc.array(fc.record({ kind: kinds, body: fc.uint8Array({ maxLength: 400 }) }), { maxLength: 20 });
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sent, sizes) => {
      const bytes = Buffer.concat([
        GREETING,
        ...sent.map(({ kind, body }) => frame(kind as "message", Buffer.from(body))),
      ]);
      const reader = new FrameReader(() => 1_000);
      const got: { kind: string; body: number[] }[] = [];
      for (let at = 0, piece = 0; at < bytes.length; piece++) {
        const size = sizes[piece % sizes.length] ?? 1;
        for (const { kind, body } of reader.read(bytes.subarray(at, at + size))) got.push({ kind, body: [...body] });
        at += size;
      }
      assert.deepEqual(
        got,
        sent.map(({ kind, body }) => ({ kind, body: [...body] })),
      );
    }),
  );
});

test("an unknown kind of frame and a too large one are refused", () => {
  const reader = (): FrameReader => new FrameReader(() => 10);
  assert.throws(() => [...reader().read(Buffer.concat([GREETING, Buffer.from([9, 0, 0, 0, 0])]))], RangeError);
  assert.throws(() => [...reader().read(Buffer.concat([GREETING, frame("message", Buffer.alloc(11))]))], RangeError);
});
