import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { joinCompound, withCrc } from "../../../worker/gossip/wire/frames.ts";
import { encodeMessage, type Message } from "../../../worker/gossip/wire/messages.ts";
import { decodePacket } from "../../../worker/gossip/wire/packet.ts";
import { plainFraming } from "../../unit/worker/gossip/wire/samples.ts";

/** Bytes a real serf agent (Debian's 0.9.4) put on the wire; both directions must agree with them to the bit. */
const ping =
  "00 85 a44e6f6465 a3747331 a55365714e6f 01 aa536f7572636541646472 a47f000001 aa536f757263654e6f6465 a27331 aa536f75726365506f7274 cd461a";
const alive =
  "04 86 a441646472 a47f000001 ab496e6361726e6174696f6e 01 a44d657461 af ff81a4726f6c65a774732d6e6f6465 a44e6f6465 a3747331 a4506f7274 cd461e a356736e a6010502020504";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

const golden: readonly (readonly [string, string, Message])[] = [
  [
    "ping (62 bytes)",
    ping,
    { type: "ping", seqNo: 1, node: "ts1", source: { address: "127.0.0.1", port: 17_946, node: "s1" } },
  ],
  [
    "alive (74 bytes)",
    alive,
    {
      type: "alive",
      incarnation: 1,
      node: "ts1",
      endpoint: { address: "127.0.0.1", port: 17_950 },
      meta: Uint8Array.from(unhex("ff81a4726f6c65a774732d6e6f6465")),
      versions: [1, 5, 2, 2, 5, 4],
    },
  ],
];

describe("bytes of a real serf", () => {
  for (const [name, text, message] of golden) {
    it(`${name} is read and written alike`, () => {
      assert.equal(hex(encodeMessage(message)), text.replaceAll(" ", ""));
      const { parts, faults } = decodePacket(unhex(text), plainFraming);
      assert.deepEqual(faults, []);
      assert.deepEqual(parts[0]?.message, message);
    });
  }

  it("a checksum goes before a compound of lengths and bodies", () => {
    const compound = joinCompound([unhex(alive), unhex(ping)]);
    assert.match(hex(compound), /^0702004a003e0486/);
    const { parts } = decodePacket(withCrc(compound), plainFraming);
    assert.deepEqual(
      parts.map(({ message }) => message.type),
      ["alive", "ping"],
    );
  });
});
