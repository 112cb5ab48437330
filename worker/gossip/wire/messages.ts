import { unreachable } from "../../../shared/invariant.ts";
import { addressFromBytes, addressToBytes, type Endpoint } from "./address.ts";
import { FieldReader } from "./fields.ts";
import { type Packable, PackReader, pack } from "./msgpack.ts";
import { WireError } from "./wire-error.ts";

/** First byte of each message. The numbers are memberlist's and are never renumbered. */
export const messageTypes = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  hasCrc: 12,
  err: 13,
  hasLabel: 244,
} as const;

/** [protocol min, max, spoken, delegate min, max, spoken]; the first three tell what a member's packets may contain. */
export type Versions = readonly [number, number, number, number, number, number];

/** The sender, by name; an answer goes to where the packet came from all the same. */
export interface Source extends Endpoint {
  readonly node: string;
}

export interface Ping {
  readonly type: "ping";
  readonly seqNo: number;
  /**
   * The member that is meant; any other keeps silent (the address may have been given to another host). Empty =
   * anybody.
   */
  readonly node: string;
  readonly source: Source | null;
}
export interface IndirectPing {
  readonly type: "indirectPing";
  readonly seqNo: number;
  readonly node: string;
  readonly target: Endpoint;
  /** Whether to report the target's silence, so that the asker knows that at least its own line works (Lifeguard). */
  readonly nack: boolean;
  readonly source: Source | null;
}
export interface Ack {
  readonly type: "ack";
  readonly seqNo: number;
  /** Application data (serf puts network coordinates there); we send none. */
  readonly payload: Uint8Array;
}
export interface Nack {
  readonly type: "nack";
  readonly seqNo: number;
}
export interface Suspect {
  readonly type: "suspect";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}
export interface Alive {
  readonly type: "alive";
  readonly incarnation: number;
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly meta: Uint8Array;
  readonly versions: Versions;
}
export interface Dead {
  readonly type: "dead";
  readonly incarnation: number;
  readonly node: string;
  /** Equal to `node` when it left by itself. */
  readonly from: string;
}
/** Data of the user of gossip; not interpreted here. */
export interface User {
  readonly type: "user";
  readonly data: Uint8Array;
}

export type Message = Ping | IndirectPing | Ack | Nack | Suspect | Alive | Dead | User;

/** A message with the bytes it has on the wire: what is passed on unchanged is never encoded again. */
export interface Part {
  readonly message: Message;
  readonly bytes: Uint8Array;
}

export function toPart(message: Message): Part {
  return { message, bytes: encodeMessage(message) };
}

/** Type byte and body. Keys are sorted, as memberlist's codec sorts them. */
export function encodeMessage(message: Message): Uint8Array {
  const type = messageTypes[message.type];
  if (message.type === "user") return Buffer.concat([Uint8Array.of(type), message.data]);
  return Buffer.concat([Uint8Array.of(type), pack(toFields(message))]);
}

function toFields(message: Exclude<Message, User>): Packable {
  switch (message.type) {
    case "ping":
      return { Node: message.node, SeqNo: message.seqNo, ...sourceFields(message.source) };
    case "indirectPing":
      return {
        Nack: message.nack,
        Node: message.node,
        Port: message.target.port,
        SeqNo: message.seqNo,
        ...sourceFields(message.source),
        Target: addressToBytes(message.target.address),
      };
    case "ack":
      // An absent payload reads as an empty one.
      return message.payload.length === 0
        ? { SeqNo: message.seqNo }
        : { Payload: message.payload, SeqNo: message.seqNo };
    case "nack":
      return { SeqNo: message.seqNo };
    case "suspect":
    case "dead":
      return { From: message.from, Incarnation: message.incarnation, Node: message.node };
    case "alive":
      return {
        Addr: addressToBytes(message.endpoint.address),
        Incarnation: message.incarnation,
        Meta: message.meta,
        Node: message.node,
        Port: message.endpoint.port,
        Vsn: Uint8Array.from(message.versions),
      };
    default:
      return unreachable(message);
  }
}

function sourceFields(source: Source | null): { readonly [key: string]: Packable } {
  if (source === null) return {};
  return { SourceAddr: addressToBytes(source.address), SourceNode: source.node, SourcePort: source.port };
}

/** One message of a packet, from its type byte on. @throws WireError. */
export function decodeMessage(bytes: Uint8Array): Message {
  const type = bytes[0];
  if (type === undefined) throw new WireError("truncated", "an empty message");
  if (type === messageTypes.user) return { type: "user", data: Uint8Array.from(bytes.subarray(1)) };
  return decodeFields(type, () => new FieldReader(new PackReader(bytes, 1).readMap()));
}

function decodeFields(type: number, read: () => FieldReader): Message {
  switch (type) {
    case messageTypes.ping: {
      const fields = read();
      return { type: "ping", seqNo: fields.u32("SeqNo"), node: fields.name("Node"), source: toSource(fields) };
    }
    case messageTypes.indirectPing: {
      const fields = read();
      return {
        type: "indirectPing",
        seqNo: fields.u32("SeqNo"),
        node: fields.name("Node"),
        target: { address: addressFromBytes(fields.bytes("Target")), port: fields.u16("Port") },
        nack: fields.boolean("Nack"),
        source: toSource(fields),
      };
    }
    case messageTypes.ack: {
      const fields = read();
      return { type: "ack", seqNo: fields.u32("SeqNo"), payload: fields.bytes("Payload") };
    }
    case messageTypes.nack:
      return { type: "nack", seqNo: read().u32("SeqNo") };
    case messageTypes.suspect:
      return { type: "suspect", ...toAccusation(read()) };
    case messageTypes.dead:
      return { type: "dead", ...toAccusation(read()) };
    case messageTypes.alive:
      return { type: "alive", ...toFacts(read(), "Node") };
    default:
      throw new WireError("unknownType", `a packet has no message of type ${type}`);
  }
}

function toAccusation(fields: FieldReader): Pick<Suspect, "incarnation" | "node" | "from"> {
  return { incarnation: fields.u32("Incarnation"), node: fields.someName("Node"), from: fields.name("From") };
}

/** What an alive message, or an entry of a push/pull, says of a member; they differ in the name's key. */
export function toFacts(fields: FieldReader, nameKey: "Node" | "Name"): Omit<Alive, "type"> {
  const versions = fields.bytes("Vsn");
  return {
    incarnation: fields.u32("Incarnation"),
    node: fields.someName(nameKey),
    endpoint: { address: addressFromBytes(fields.bytes("Addr")), port: fields.u16("Port") },
    meta: fields.meta("Meta"),
    versions: toVersions(versions),
  };
}

function toVersions(bytes: Uint8Array): Versions {
  const [a, b, c, d, e, f] = bytes;
  if (a === undefined || b === undefined || c === undefined || bytes.length > 6) {
    throw new WireError("malformed", `${bytes.length} versions instead of six`);
  }
  return [a, b, c, d ?? 0, e ?? 0, f ?? 0];
}

function toSource(fields: FieldReader): Source | null {
  const address = fields.bytes("SourceAddr");
  if (address.length === 0) return null;
  return { address: addressFromBytes(address), port: fields.u16("SourcePort"), node: fields.name("SourceNode") };
}
