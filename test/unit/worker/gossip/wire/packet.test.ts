import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import { addressFromBytes, addressToBytes } from "../../../../../worker/gossip/wire/address.ts";
import { joinCompound } from "../../../../../worker/gossip/wire/frames.ts";
import { lzwCompress, lzwDecompress } from "../../../../../worker/gossip/wire/lzw.ts";
import { decodeMessage, encodeMessage } from "../../../../../worker/gossip/wire/messages.ts";
import { PackReader, pack } from "../../../../../worker/gossip/wire/msgpack.ts";
import { decodePacket, encodePacket, type Framing } from "../../../../../worker/gossip/wire/packet.ts";
import { WireError } from "../../../../../worker/gossip/wire/wire-error.ts";
import { bytesOf, labelled, plainFraming, sampleMessages, sealedFraming } from "./samples.ts";

const random = seededRandom(1);
const send = (framing: Framing, crc = false): Uint8Array =>
  encodePacket(sampleMessages.map(encodeMessage), framing, crc, random);
const refusal = (fault: string) => (error: unknown) => error instanceof WireError && error.fault === fault;

describe("messages", () => {
  for (const message of sampleMessages) {
    it(`come back as they went (${message.type})`, () => {
      assert.deepEqual(decodeMessage(encodeMessage(message)), message);
    });
  }

  it("are read whatever the order of keys, with unknown keys beside and in the newer text form", () => {
    const body = pack({ Zebra: [1, { a: 2.5 }], Node: "n", Incarnation: 2, From: "f" });
    assert.deepEqual(decodeMessage(Buffer.concat([Uint8Array.of(3), body])), {
      type: "suspect",
      incarnation: 2,
      node: "n",
      from: "f",
    });
    const str8 = bytesOf(`03 81 a4 4e6f6465 d9 02 6e6e`);
    assert.equal((decodeMessage(str8) as { node: string }).node, "nn");
  });

  it("with metadata over 512 bytes, without a name, or with a wrong kind of field are refused", () => {
    const meta = { Addr: Uint8Array.of(1, 2, 3, 4), Meta: new Uint8Array(513), Node: "n", Vsn: new Uint8Array(6) };
    assert.throws(() => decodeMessage(Buffer.concat([Uint8Array.of(4), pack(meta)])), refusal("tooLarge"));
    assert.throws(() => decodeMessage(Buffer.concat([Uint8Array.of(5), pack({ Node: "" })])), refusal("malformed"));
    assert.throws(() => decodeMessage(Buffer.concat([Uint8Array.of(11), pack({ SeqNo: "x" })])), refusal("malformed"));
    assert.throws(() => decodeMessage(Uint8Array.of(99)), refusal("unknownType"));
  });

  it("write bytes as raw16 from 32 on, never as str8 or bin", () => {
    assert.equal(pack("x".repeat(31))[0], 0xa0 | 31);
    assert.deepEqual([...pack("x".repeat(32)).subarray(0, 3)], [0xda, 0, 32]);
    assert.equal(pack(new Uint8Array(70_000))[0], 0xdb);
  });

  it("numbers take the smallest form and come back", () => {
    for (const value of [0, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 1.5]) {
      assert.equal(new PackReader(pack(value)).read(), value);
    }
    const signed = new PackReader(bytesOf("d0ff d1ff7f d3ffffffffffffff00 ff"));
    assert.deepEqual([signed.read(), signed.read(), signed.read(), signed.read()], [-1, -129, -256, -1]);
  });

  it("a count without its items allocates nothing", () => {
    assert.throws(() => new PackReader(bytesOf("ddffffffff")).read(), refusal("truncated"));
    assert.throws(() => new PackReader(bytesOf("dfffffffff")).read(), refusal("truncated"));
    assert.throws(() => new PackReader(bytesOf("91".repeat(50))).read(), refusal("malformed"));
  });
});

describe("addresses", () => {
  for (const [text, bytes] of [
    ["127.0.0.1", "7f000001"],
    ["fd00::1:2", "fd000000000000000000000000010002"],
    ["::", "00000000000000000000000000000000"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ] as const) {
    it(`${text} is ${bytes} and back`, () => {
      assert.equal(Buffer.from(addressToBytes(text)).toString("hex"), bytes);
      assert.equal(addressFromBytes(bytesOf(bytes)), text);
    });
  }

  it("IPv4 in IPv6 is read as IPv4; an interface's name is left out", () => {
    assert.equal(addressFromBytes(addressToBytes("::ffff:10.1.2.3")), "10.1.2.3");
    assert.equal(addressFromBytes(addressToBytes("fe80::1%eth0")), "fe80::1");
  });

  for (const text of ["", "example.org", "1.2.3", "256.1.1.1", "1:2:3", "1:2:3:4:5:6:7:8:9", "::1::"]) {
    it(`"${text}" is none`, () => {
      assert.throws(() => addressToBytes(text), /is not an IP address/);
    });
  }
});

describe("packets", () => {
  const keyed = sealedFraming(1);
  const cases: readonly (readonly [string, Framing, boolean])[] = [
    ["plain", plainFraming, false],
    ["with checksum", plainFraming, true],
    ["compressed", { ...plainFraming, compress: true }, true],
    ["sealed", keyed, true],
    ["sealed and labelled", labelled(keyed, "blue"), false],
  ];
  for (const [name, framing, crc] of cases) {
    it(`carry several messages (${name})`, () => {
      const { parts, faults } = decodePacket(send(framing, crc), framing);
      assert.deepEqual(faults, []);
      assert.deepEqual(
        parts.map(({ message }) => message),
        sampleMessages,
      );
    });
  }

  it("are read with any key of the ring, and refused with none that fits, in the clear, or under another label", () => {
    const faultsOf = (sent: Framing, receiver: Framing): readonly string[] => decodePacket(send(sent), receiver).faults;
    assert.deepEqual(faultsOf(sealedFraming(2), sealedFraming(1, 2)), []);
    assert.deepEqual(faultsOf(sealedFraming(3), sealedFraming(1, 2)), ["wrongKey"]);
    assert.notDeepEqual(faultsOf(plainFraming, keyed), []);
    assert.deepEqual(faultsOf(plainFraming, { ...keyed, acceptPlain: true }), []);
    assert.deepEqual(faultsOf(labelled(keyed, "red"), labelled(keyed, "blue")), ["badLabel"]);
    assert.deepEqual(faultsOf(keyed, labelled(keyed, "blue")), ["badLabel"]);
    assert.deepEqual(faultsOf(labelled(keyed, "red"), keyed), ["badLabel"]);
  });

  it("moved to another label are refused, although the key fits: the label is authenticated", () => {
    const sent = send(labelled(keyed, "red"));
    const moved = Buffer.concat([Uint8Array.of(244, 4), Buffer.from("blue"), sent.subarray(5)]);
    assert.deepEqual(decodePacket(moved, labelled(keyed, "blue")).faults, ["wrongKey"]);
  });

  it("with a flipped bit are caught by the checksum", () => {
    const sent = send(plainFraming, true);
    sent[sent.length - 1] = (sent[sent.length - 1] ?? 0) ^ 1;
    assert.deepEqual(decodePacket(sent, plainFraming), { parts: [], faults: ["badCrc"] });
  });

  it("cut at the end keep their whole messages", () => {
    const sent = send(plainFraming);
    const { parts, faults } = decodePacket(sent.subarray(0, sent.length - 1), plainFraming);
    assert.equal(parts.length, sampleMessages.length - 1);
    assert.deepEqual(faults, ["truncated"]);
  });

  it("one unreadable message does not cost its neighbours", () => {
    const sent = joinCompound([encodeMessage({ type: "nack", seqNo: 1 }), Uint8Array.of(77), Uint8Array.of(11, 0x80)]);
    const { parts, faults } = decodePacket(sent, plainFraming);
    assert.equal(parts.length, 2);
    assert.deepEqual(faults, ["unknownType"]);
  });

  it("compounds nest, but not without end", () => {
    let nested: Uint8Array = encodeMessage({ type: "nack", seqNo: 1 });
    for (let depth = 0; depth < 3; depth++) nested = joinCompound([nested]);
    assert.equal(decodePacket(nested, plainFraming).parts.length, 1);
    for (let depth = 0; depth < 50; depth++) nested = joinCompound([nested]);
    assert.deepEqual(decodePacket(nested, plainFraming).faults, ["tooLarge"]);
  });
});

describe("LZW", () => {
  for (const [name, bytes] of [
    ["nothing", new Uint8Array(0)],
    ["one byte", Uint8Array.of(7)],
    ["a run", new Uint8Array(5_000).fill(1)],
    ["chance, so that the table fills and is cleared", seededRandom(2).bytes(30_000)],
    [
      "few letters",
      seededRandom(3)
        .bytes(60_000)
        .map((byte) => byte & 3),
    ],
  ] as const) {
    it(`comes back (${name})`, () => {
      assert.deepEqual(Buffer.from(lzwDecompress(lzwCompress(bytes))), Buffer.from(bytes));
    });
  }

  it("comes back at every length around a change of code width", () => {
    for (let length = 240; length < 780; length++) {
      const bytes = seededRandom(length).bytes(length);
      assert.deepEqual(Buffer.from(lzwDecompress(lzwCompress(bytes))), Buffer.from(bytes));
    }
  });

  it("a bomb stops at the limit", () => {
    const bomb = lzwCompress(new Uint8Array(2_000_000));
    assert.throws(() => lzwDecompress(bomb, 1_000_000), refusal("tooLarge"));
  });

  it("without an end, or with a code from nowhere, is refused", () => {
    const whole = lzwCompress(Buffer.from("to be or not to be"));
    assert.throws(() => lzwDecompress(whole.subarray(0, 5)), refusal("truncated"));
    assert.throws(() => lzwDecompress(Uint8Array.of(0xff, 0xff, 0xff)), refusal("malformed"));
  });
});
