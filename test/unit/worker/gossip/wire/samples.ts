import type { Message } from "../../../../../worker/gossip/wire/messages.ts";
import type { Framing } from "../../../../../worker/gossip/wire/packet.ts";
import type { Exchange } from "../../../../../worker/gossip/wire/stream.ts";

export const plainFraming: Framing = {
  keyring: { primary: null, keys: [] },
  label: new Uint8Array(0),
  compress: false,
  acceptPlain: false,
};

export function sealedFraming(...keys: readonly number[]): Framing {
  const all = keys.map((fill) => new Uint8Array(32).fill(fill));
  return { ...plainFraming, keyring: { primary: all[0] ?? null, keys: all } };
}

export function labelled(framing: Framing, label: string): Framing {
  return { ...framing, label: Buffer.from(label) };
}

export const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");

/** One of each message, with and without what may be left out. */
export const sampleMessages: readonly Message[] = [
  {
    type: "ping",
    seqNo: 1,
    node: "ts1",
    source: { address: "127.0.0.1", port: 17946, node: "s1" },
  },
  { type: "ping", seqNo: 4_000_000_000, node: "", source: null },
  {
    type: "indirectPing",
    seqNo: 300,
    node: "far",
    target: { address: "fd00::1:2", port: 7946 },
    nack: true,
    source: { address: "10.0.0.1", port: 7946, node: "asker" },
  },
  { type: "ack", seqNo: 70_000, payload: new Uint8Array(0) },
  { type: "ack", seqNo: 1, payload: new Uint8Array(130).fill(7) },
  { type: "nack", seqNo: 0 },
  { type: "suspect", incarnation: 3, node: "a", from: "b" },
  { type: "dead", incarnation: 65_536, node: "x".repeat(40), from: "x".repeat(40) },
  {
    type: "alive",
    incarnation: 1,
    node: "ts1",
    endpoint: { address: "10.1.2.3", port: 7946 },
    meta: Uint8Array.from({ length: 300 }, (_, at) => at & 0xff),
    versions: [1, 5, 2, 2, 5, 4],
  },
  { type: "user", data: Uint8Array.of(0, 0x81, 2) },
];

export const sampleExchange: Exchange = {
  type: "pushPull",
  join: true,
  members: [
    {
      name: "one",
      endpoint: { address: "10.0.0.1", port: 7946 },
      incarnation: 7,
      state: "alive",
      meta: Uint8Array.of(1, 2, 3),
      versions: [1, 5, 2, 0, 0, 0],
    },
    {
      name: "two",
      endpoint: { address: "fd00::2", port: 1 },
      incarnation: 0,
      state: "left",
      meta: new Uint8Array(0),
      versions: [1, 5, 2, 2, 5, 5],
    },
  ],
  userState: Uint8Array.of(9, 8, 7),
};
