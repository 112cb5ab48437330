import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSystemTransport } from "../../worker/gossip/ports/system-gossip-transport.ts";
import { compress, decompress } from "../../worker/gossip/wire/frames.ts";
import { encodeMessage, type Message } from "../../worker/gossip/wire/messages.ts";
import { decodePacket, type Framing } from "../../worker/gossip/wire/packet.ts";
import { seal, unseal } from "../../worker/gossip/wire/seal.ts";
import { encodeStream, type StreamMessage, StreamReader } from "../../worker/gossip/wire/stream.ts";
import { waitFor } from "../support/wait.ts";
import { addressOf, SerfAgent } from "./gossip-host.ts";

/**
 * Bytes both ways with a real serf agent and no member of ours in between: what it sends is captured here, read by our
 * decoder and written again by our encoder, which must give the same bytes; what it is sent is written out by hand, and
 * its reaction shows that it understood.
 */

const GOSSIP_PORT = 7946;
const key = new Uint8Array(32).fill(7);
const NONE = new Uint8Array(0);
const plain: Framing = { keyring: { primary: null, keys: [] }, label: NONE, compress: false, acceptPlain: false };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
const textHex = (text: string): string => (0xa0 | text.length).toString(16) + Buffer.from(text).toString("hex");
const byteHex = (value: number): string => value.toString(16).padStart(2, "0");
const noRandom = { below: () => 0, bytes: () => NONE, fork: () => noRandom };

/** Sockets that speak only the bytes they are given. */
class Puppet implements AsyncDisposable {
  readonly name: string;
  readonly packets: Uint8Array[] = [];
  readonly streams: Uint8Array[] = [];
  /** Whether pings are answered. */
  isAwake = true;
  readonly #index: number;
  #transport!: Awaited<ReturnType<typeof openSystemTransport>>;

  constructor(index: number) {
    this.name = `p${index}`;
    this.#index = index;
  }

  async open(): Promise<this> {
    this.#transport = await openSystemTransport(
      { address: addressOf(this.#index), port: GOSSIP_PORT },
      {
        onPacket: (bytes, from) => {
          this.packets.push(Uint8Array.from(bytes));
          for (const { message } of decodePacket(bytes, plain).parts) {
            // {SeqNo: n}: numbers of a young agent are small.
            if (message.type === "ping" && this.isAwake) this.send(`02 81 a55365714e6f ${seqHex(message.seqNo)}`, from);
          }
        },
        onStream: async (stream) => {
          const bytes = await stream.read().catch(() => null);
          if (bytes !== null) this.streams.push(Uint8Array.from(bytes));
          stream.close();
        },
      },
    );
    return this;
  }

  /** A packet, byte by byte. */
  send(text: string, to: { address: string; port: number }): void {
    this.#transport.send(unhex(text), to);
  }

  /** A stream, byte by byte; all that comes back. */
  async ask(text: string, to: { address: string; port: number }): Promise<Uint8Array> {
    const stream = this.#transport.dial(to);
    await stream.send(unhex(text));
    const chunks: Uint8Array[] = [];
    const reader = new StreamReader(plain);
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
      chunks.push(chunk);
      if (reader.take(chunk) !== null) break;
    }
    stream.close();
    return Buffer.concat(chunks);
  }

  /** An entry of a push/pull, and an alive message without its type: they differ in the name's key. */
  record(nameKey: "Name" | "Node"): string {
    const address = `a441646472 a4 ${addressHex(this.#index)}`;
    const name = `${textHex(nameKey)} ${textHex(this.name)}`;
    const middle = `ab496e6361726e6174696f6e 01 a44d657461 a2ff80 ${name} a4506f7274 cd1f0a`;
    const state = nameKey === "Name" ? "a55374617465 00" : "";
    return `${nameKey === "Name" ? "87" : "86"} ${address} ${middle} ${state} a356736e a6010502020504`;
  }

  /** All messages that came in packets, with their bytes. */
  heard(): readonly { readonly message: Message; readonly bytes: Uint8Array }[] {
    return this.packets.flatMap((bytes) => {
      const { parts, faults } = decodePacket(bytes, plain);
      assert.deepEqual(faults, [], hex(bytes));
      return parts;
    });
  }

  has(holds: (message: Message) => boolean): boolean {
    return this.heard().some(({ message }) => holds(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }
}

const addressHex = (index: number): string => addressOf(index).split(".").map(Number).map(byteHex).join("");
const seqHex = (seqNo: number): string => (seqNo < 128 ? byteHex(seqNo) : `cd${seqNo.toString(16).padStart(4, "0")}`);
const joinHex = (puppet: Puppet): string =>
  `06 83 a44a6f696e c3 a54e6f646573 01 ac5573657253746174654c656e 00 ${puppet.record("Name")}`;
const serfAt = { address: addressOf(1), port: GOSSIP_PORT };

describe("bytes of a real serf, captured now", () => {
  it("are read and written alike: pings, acks, nacks, alive, suspect, dead, relayed pings, compounds, checksums", async () => {
    await using stack = new AsyncDisposableStack();
    const serf = await stack.use(new SerfAgent(1)).start();
    const a = await stack.use(new Puppet(8)).open();
    const b = await stack.use(new Puppet(9)).open();

    for (const puppet of [a, b]) {
      const answer = await puppet.ask(joinHex(puppet), serfAt);
      const exchange = new StreamReader(plain).take(answer);
      assert.equal(exchange?.type, "pushPull");
      const rewritten = encodeStream(exchange as StreamMessage, plain, noRandom);
      assert.equal(hex(rewritten), hex(decompress(answer.subarray(1))), "a whole push/pull");
      assert.equal(hex(compress(rewritten)), hex(answer), "and it is compressed as Go's library does");
      await waitFor(`serf sees ${puppet.name}`, async () => (await serf.stateOf(puppet.name)) === "alive");
    }

    // {Node, SeqNo}, without a source: the ack comes back to where the ping came from.
    b.send(`00 82 a44e6f6465 ${textHex("serf1")} a55365714e6f 2a`, serfAt);
    await waitFor("serf answers a ping", () => b.has((one) => one.type === "ack" && one.seqNo === 42));
    const ack = await b.ask(`00 82 a44e6f6465 ${textHex("serf1")} a55365714e6f 2b`, serfAt);
    const answer = new StreamReader(plain).take(ack);
    assert.ok(answer?.type === "ack" && answer.seqNo === 43, "by TCP, too");

    // {From, Incarnation, Node}: it must refute with the next incarnation.
    b.send(`03 83 a446726f6d ${textHex("p9")} ab496e6361726e6174696f6e 01 a44e6f6465 ${textHex("serf1")}`, serfAt);
    await waitFor("serf refutes", () =>
      b.has((one) => one.type === "alive" && one.node === "serf1" && one.incarnation === 2),
    );

    // {Nack, Node, Port, SeqNo, Target}: first to one that answers, then to one that does not.
    const relay = (seqNo: number): string =>
      `01 85 a44e61636b c3 a44e6f6465 ${textHex("p8")} a4506f7274 cd1f0a a55365714e6f ${seqHex(seqNo)} a6546172676574 a4 ${addressHex(8)}`;
    b.send(relay(50), serfAt);
    await waitFor("serf forwards an ack", () => b.has((one) => one.type === "ack" && one.seqNo === 50));
    a.isAwake = false;
    b.send(relay(51), serfAt);
    await waitFor("serf sends a nack", () => b.has((one) => one.type === "nack" && one.seqNo === 51));
    await waitFor("serf asks for help", () => b.has((one) => one.type === "indirectPing" && one.node === "p8"));
    await waitFor("serf suspects", () => b.has((one) => one.type === "suspect" && one.node === "p8"));
    assert.ok(a.streams.length > 0, "it tries TCP as well");
    await waitFor("serf declares", () => b.has((one) => one.type === "dead" && one.node === "p8"));
    assert.equal(await serf.stateOf("p8"), "failed");

    // It comes back by one alive message of a higher incarnation.
    a.isAwake = true;
    b.send(`04 ${a.record("Node").replace("6e6174696f6e 01", "6e6174696f6e 02")}`, serfAt);
    await waitFor("serf sees it back", async () => (await serf.stateOf("p8")) === "alive");
    // Leave intent {LTime, Node, Prune}, then dead from itself.
    b.send(`08 00 83 a54c54696d65 cd03e8 a44e6f6465 ${textHex("p9")} a55072756e65 c2`, serfAt);
    b.send(`05 83 a446726f6d ${textHex("p9")} ab496e6361726e6174696f6e 01 a44e6f6465 ${textHex("p9")}`, serfAt);
    await waitFor("serf sees it leave", async () => (await serf.stateOf("p9")) === "left");

    await waitFor("serf tells the intent on", () => a.has((one) => one.type === "user"));

    for (const { message, bytes } of [...a.heard(), ...b.heard()]) {
      // Serf writes an empty payload as nil; we leave it out, which reads the same.
      const expected = hex(bytes).replace("0282a75061796c6f6164c0", "0281");
      assert.equal(hex(encodeMessage(message)), expected, message.type);
    }
    const outer = new Set([...a.packets, ...b.packets].map(([type]) => type));
    assert.ok(outer.has(12), "checksums were among them");
    const kinds = new Set([...a.heard(), ...b.heard()].map(({ message: { type } }) => type));
    for (const type of ["ping", "ack", "nack", "alive", "suspect", "dead", "indirectPing", "user"] as const) {
      assert.ok(kinds.has(type), `a ${type} was among them`);
    }
  });

  it("are sealed as we seal: with its nonce we make the same bytes", async () => {
    await using stack = new AsyncDisposableStack();
    const serf = await stack.use(new SerfAgent(1)).start(key);
    const puppet = await stack.use(new Puppet(9)).open();
    const keyring = { primary: key, keys: [key] };
    const nonce = { ...noRandom, bytes: (length: number) => new Uint8Array(length).fill(5) };
    const exchange = new StreamReader(plain).take(unhex(joinHex(puppet)));
    const sealed = encodeStream(exchange as StreamMessage, { ...plain, keyring }, nonce);
    const stranger = puppet.ask(hex(sealed), serfAt).catch(() => null);
    await waitFor("serf sees it", async () => (await serf.stateOf("p9")) === "alive");
    await waitFor("it is pinged", () => puppet.packets.length > 0);
    const [packet = NONE] = puppet.packets;
    assert.equal(packet[0], 1, "version of encryption");
    assert.equal(hex(seal(unseal(packet, keyring, NONE), key, packet.subarray(1, 13), NONE)), hex(packet));
    await stranger;
  });
});
