import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import type { Framing } from "../../../../../worker/gossip/wire/packet.ts";
import { encodeStream, type StreamMessage, StreamReader } from "../../../../../worker/gossip/wire/stream.ts";
import { WireError } from "../../../../../worker/gossip/wire/wire-error.ts";
import { bytesOf, labelled, plainFraming, sampleExchange, sealedFraming } from "./samples.ts";

const random = seededRandom(1);
const messages: readonly StreamMessage[] = [
  sampleExchange,
  { type: "ping", seqNo: 5, node: "n", source: null },
  { type: "ack", seqNo: 5, payload: new Uint8Array(0) },
  { type: "user", data: Uint8Array.of(1, 2, 3) },
  { type: "err", error: "no" },
];
const framings: readonly (readonly [string, Framing])[] = [
  ["plain", plainFraming],
  ["compressed", { ...plainFraming, compress: true }],
  ["sealed and labelled", labelled(sealedFraming(1), "blue")],
  ["compressed and sealed", { ...sealedFraming(1), compress: true }],
];

function readAll(bytes: Uint8Array, framing: Framing, chunkBytes: number): StreamMessage | null {
  const reader = new StreamReader(framing);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const message = reader.take(bytes.subarray(at, at + chunkBytes));
    if (message === null) continue;
    assert.ok(at + chunkBytes >= bytes.length, "nothing is read before all of it is there");
    return message;
  }
  return null;
}

describe("streams", () => {
  for (const [name, framing] of framings) {
    for (const message of messages) {
      it(`bring a ${message.type}, in one piece and byte by byte (${name})`, () => {
        const bytes = encodeStream(message, framing, random);
        assert.deepEqual(readAll(bytes, framing, bytes.length), message);
        assert.deepEqual(readAll(bytes, framing, 1), message);
        assert.equal(readAll(bytes.subarray(0, -1), framing, 7), null);
      });
    }
  }

  const refusal = (fault: string) => (error: unknown) => error instanceof WireError && error.fault === fault;
  it("in the clear, with a wrong key or under a wrong label are refused where keys are used", () => {
    const plain = encodeStream(sampleExchange, plainFraming, random);
    const sealed = encodeStream(sampleExchange, sealedFraming(2), random);
    assert.throws(() => new StreamReader(sealedFraming(1)).take(plain), refusal("notEncrypted"));
    assert.throws(() => new StreamReader(sealedFraming(1)).take(sealed), refusal("wrongKey"));
    assert.throws(() => new StreamReader(plainFraming).take(sealed), refusal("wrongKey"));
    assert.throws(() => new StreamReader(labelled(plainFraming, "x")).take(plain), refusal("badLabel"));
  });

  it("that announce more than a cluster can have are refused at once", () => {
    assert.throws(() => new StreamReader(sealedFraming(1)).take(bytesOf("0affffffff")), refusal("tooLarge"));
    const head = bytesOf("06 83 a44a6f696e c3 a54e6f646573 ceffffffff ac5573657253746174654c656e 00");
    assert.throws(() => new StreamReader(plainFraming).take(head), refusal("tooLarge"));
  });
});
