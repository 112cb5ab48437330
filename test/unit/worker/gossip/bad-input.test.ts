import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { PEERS_LOGGED_MAX } from "../../../../worker/gossip/traffic-counters.ts";
import {
  FIRST_BYTES_MS,
  STRANGER_HELD_BYTES_MAX,
  STRANGERS_HELD_BYTES_MAX,
  VISITORS,
} from "../../../../worker/gossip/visitors.ts";
import { encodeMessage, type Message } from "../../../../worker/gossip/wire/messages.ts";
import { encodePacket, type Framing } from "../../../../worker/gossip/wire/packet.ts";
import { encodeStream } from "../../../../worker/gossip/wire/stream.ts";
import { VERSIONS } from "./core/core-bench.ts";
import { at, keyOf, type Lodger, ShellBench } from "./shell-bench.ts";
import { labelled, sealedFraming } from "./wire/samples.ts";

/** What strangers send to a member: refused, counted, logged once a minute and peer, and the member goes on. */

const random = seededRandom(1);
const keyring = { primary: keyOf(1), keys: [keyOf(1)] };
const key1 = sealedFraming(1);
const alive = (index: number, over: Partial<Extract<Message, { type: "alive" }>> = {}): Message => ({
  type: "alive",
  node: `m${index}`,
  incarnation: 1,
  endpoint: at(index),
  meta: new Uint8Array(0),
  versions: VERSIONS,
  ...over,
});
const packet = (framing: Framing, ...messages: readonly Message[]): Uint8Array =>
  encodePacket(messages.map(encodeMessage), framing, false, random);
const flipped = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.map((byte, place) => (place === index ? byte ^ 1 : byte));

/** A member that refuses something of a stranger's, and what it says of that. */
async function refusalOf(bytes: Uint8Array, options: Parameters<ShellBench["start"]>[1] = {}): Promise<Lodger> {
  await using bench = new ShellBench();
  const lodger = await bench.start(1, { keyring, ...options });
  const stranger = await bench.stranger(66);
  for (let time = 0; time < 3; time++) stranger.send(bytes, at(1));
  await bench.clock.run(10);
  assert.equal(lodger.gossip.members().length, 1, "nobody was taken in");
  assert.equal(lodger.warnings.length, 1, "one line for the peer");
  assert.equal(lodger.warnings[0]?.["peer"], at(66).address);
  return lodger;
}

describe("a packet", () => {
  const good = packet(key1, alive(2));
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["that is empty", new Uint8Array(0), "unsupported"],
    ["cut in the nonce", good.subarray(0, 9), "truncated"],
    ["cut in the text", good.subarray(0, -1), "wrongKey"],
    ["with a bit flipped", flipped(good, 40), "wrongKey"],
    ["of another key", packet(sealedFraming(2), alive(2)), "wrongKey"],
    ["of another version of encryption", flipped(flipped(good, 0), 0).fill(7, 0, 1), "unsupported"],
    ["in the clear", packet({ ...key1, keyring: { primary: null, keys: [] } }, alive(2)), "unsupported"],
    ["under a label", packet(labelled(key1, "blue"), alive(2)), "badLabel"],
    ["of 64 KiB of chance", random.bytes(65_000).fill(1, 0, 1), "wrongKey"],
    ["of a member that speaks another protocol", packet(key1, alive(2, { versions: [6, 9, 7, 2, 5, 4] })), "version"],
    ["of a member far ahead", packet(key1, alive(2, { incarnation: 2 ** 32 - 1 })), "farAhead"],
    ["for another name", packet(key1, { type: "ping", seqNo: 1, node: "former tenant", source: null }), "notForUs"],
    ["of an unknown type", encodePacket([Uint8Array.of(99, 1, 2)], key1, false, random), "unknownType"],
    ["whose checksum is wrong", encodePacket([Uint8Array.of(12, 0, 0, 0, 0, 5)], key1, false, random), "badCrc"],
  ];
  for (const [what, bytes, fault] of cases) {
    it(`${what} is refused as ${fault}`, async () => {
      const { gossip } = await refusalOf(bytes);
      assert.deepEqual([...gossip.counters.refused], [[fault, 3]]);
    });
  }

  it("that grows to a megabyte and more is refused", async () => {
    const bomb = encodePacket([encodeMessage({ type: "user", data: new Uint8Array(3_000_000) })], key1, false, random);
    assert.ok(bomb.length > 65_536, "uncompressed it would not fit a packet");
    const packed = encodePacket(
      [encodeMessage({ type: "user", data: new Uint8Array(3_000_000) })],
      { ...key1, compress: true },
      false,
      random,
    );
    const { gossip } = await refusalOf(packed);
    assert.deepEqual([...gossip.counters.refused], [["tooLarge", 3]]);
  });

  it("recorded and sent again later changes nothing, not even from another address", async () => {
    await using bench = new ShellBench();
    const [first, second] = await bench.cluster(2, { keyring });
    const stranger = await bench.stranger(66);
    const old = packet(key1, { type: "suspect", node: "m2", incarnation: 1, from: "m1" }, alive(2));
    stranger.send(old, at(1));
    await bench.clock.until("it refutes", () => (first?.gossip.member("m2")?.incarnation ?? 0) > 1);
    await bench.clock.run(1_000);
    const changes = first?.changes.length;
    for (let time = 0; time < 20; time++) {
      stranger.send(old, at(1));
      await bench.clock.run(500);
    }
    assert.equal(first?.changes.length, changes);
    assert.equal(second?.gossip.self.incarnation, 2);
  });
});

describe("the log", () => {
  it("has one line a minute for each peer, and how many it left out", async () => {
    await using bench = new ShellBench();
    const { gossip, warnings } = await bench.start(1, { keyring });
    const [a, b] = [await bench.stranger(66), await bench.stranger(67)];
    for (let second = 0; second < 90; second++) {
      a.send(Uint8Array.of(1, 2, 3), at(1));
      if (second < 10) b.send(Uint8Array.of(9), at(1));
      await bench.clock.run(1_000);
    }
    assert.deepEqual(
      warnings.map(({ peer, reason, unreported }) => [peer, reason, unreported]),
      [
        [at(66).address, "truncated", 0],
        [at(67).address, "unsupported", 0],
        [at(66).address, "truncated", 59],
      ],
    );
    assert.deepEqual([...gossip.counters.refused.values()], [90, 10]);
  });

  it("is not filled by forged addresses", async () => {
    await using bench = new ShellBench();
    const { gossip, warnings } = await bench.start(1, { keyring });
    for (let peer = 0; peer < 4 * PEERS_LOGGED_MAX; peer++) gossip.counters.refuse("wrongKey", `forged ${peer}`);
    assert.equal(warnings.length, PEERS_LOGGED_MAX);
    assert.equal(gossip.counters.refused.get("wrongKey"), 4 * PEERS_LOGGED_MAX);
  });
});

describe("a stream", () => {
  const exchange = { type: "pushPull", join: true, members: [], userState: new Uint8Array(0) } as const;
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["in the clear", encodeStream(exchange, { ...key1, keyring: { primary: null, keys: [] } }, random), "notEncrypted"],
    ["of another key", encodeStream(exchange, sealedFraming(2), random), "wrongKey"],
    ["under another label", encodeStream(exchange, labelled(key1, "blue"), random), "badLabel"],
    ["that announces gigabytes", Uint8Array.of(10, 0xff, 0xff, 0xff, 0xff), "tooLarge"],
  ];
  for (const [what, bytes, fault] of cases) {
    it(`${what} is refused as ${fault} and closed`, async () => {
      await using bench = new ShellBench();
      const { gossip } = await bench.start(1, { keyring });
      const stream = (await bench.stranger(66)).dial(at(1));
      await stream.send(bytes);
      const end = stream.read();
      await bench.clock.run(100);
      assert.equal(await end, null);
      assert.deepEqual([...gossip.counters.refused], [[fault, 1]]);
    });
  }

  it("that never ends is closed in time; too many of one address are not even begun", async () => {
    await using bench = new ShellBench();
    const { gossip } = await bench.start(1, { keyring });
    const stranger = await bench.stranger(66);
    const slow = Array.from({ length: VISITORS.perAddressMax + 5 }, () => stranger.dial(at(1)));
    for (const stream of slow) await stream.send(Uint8Array.of(10, 0, 1));
    await bench.clock.run(100);
    assert.equal(gossip.counters.refused.get("tooManyStreams"), 5);
    await bench.clock.run(10_000);
    const again = stranger.dial(at(1));
    await again.send(Uint8Array.of(10, 0, 1));
    await bench.clock.run(100);
    assert.equal(gossip.counters.refused.get("tooManyStreams"), 5, "there is room again");
  });

  it("that says nothing is closed sooner than one that has begun", async () => {
    await using bench = new ShellBench();
    await bench.start(1, { keyring });
    const stranger = await bench.stranger(66);
    const [silent, begun] = [stranger.dial(at(1)), stranger.dial(at(1))];
    await begun.send(Uint8Array.of(10, 0, 1));
    const ends: string[] = [];
    void silent.read().then(() => ends.push("silent"));
    void begun.read().then(() => ends.push("begun"));
    await bench.clock.run(FIRST_BYTES_MS + 100);
    assert.deepEqual(ends, ["silent"]);
    await bench.clock.run(10_000);
    assert.deepEqual(ends, ["silent", "begun"]);
  });

  it("of strangers, however many, leaves members their seats", async () => {
    await using bench = new ShellBench();
    const { gossip } = await bench.start(1, { keyring });
    const member = await bench.start(2, { keyring });
    const joined = member.gossip.join([at(1)]);
    await bench.clock.run(100);
    assert.equal(await joined, 1);
    for (let index = 0; index < VISITORS.strangersMax / 4; index++) {
      const stranger = await bench.stranger(100 + index);
      for (let stream = 0; stream < VISITORS.perAddressMax; stream++) stranger.dial(at(1));
    }
    await bench.clock.run(100);
    const [newcomer, again] = [await bench.start(3, { keyring }), member.gossip.join([at(1)])];
    const joining = newcomer.gossip.join([at(1)]);
    await bench.clock.run(100);
    assert.equal(await again, 1, "a member, which has seats of its own");
    assert.equal(await joining, 1, "a newcomer, which gets the oldest of whoever has most");
    assert.equal(gossip.members().length, 3);
  });

  it("cannot, with others, make a member hold more than strangers' limit", async () => {
    await using bench = new ShellBench();
    const { gossip } = await bench.start(1, { keyring });
    const head = Buffer.alloc(5, 10);
    head.writeUInt32BE(STRANGER_HELD_BYTES_MAX - 5, 1);
    const strangers = STRANGERS_HELD_BYTES_MAX / STRANGER_HELD_BYTES_MAX;
    for (let index = 0; index <= strangers; index++) {
      const stream = (await bench.stranger(66 + index)).dial(at(1));
      await stream.send(head);
      await stream.send(new Uint8Array(STRANGER_HELD_BYTES_MAX - 6));
      await bench.clock.run(50);
      assert.equal(gossip.counters.refused.get("tooLarge") ?? 0, index < strangers ? 0 : 1);
    }
  });

  it("that announces more than a stranger may send is refused by its head", async () => {
    await using bench = new ShellBench();
    const { gossip } = await bench.start(1, { keyring });
    const head = Buffer.alloc(5, 10);
    head.writeUInt32BE(STRANGER_HELD_BYTES_MAX, 1);
    await (await bench.stranger(66)).dial(at(1)).send(head);
    await bench.clock.run(100);
    assert.equal(gossip.counters.refused.get("tooLarge"), 1);
  });
});
