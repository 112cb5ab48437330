import type { Random } from "../../../shared/ports/random.ts";
import { addressToBytes, type Endpoint } from "./address.ts";
import { FieldReader } from "./fields.ts";
import { compress, decompress, labelHead, withoutLabel } from "./frames.ts";
import {
  type Ack,
  decodeMessage,
  encodeMessage,
  messageTypes,
  type Ping,
  toFacts,
  type User,
  type Versions,
} from "./messages.ts";
import { PackReader, pack } from "./msgpack.ts";
import type { Framing } from "./packet.ts";
import { seal, unseal } from "./seal.ts";
import { WireError } from "./wire-error.ts";

/** What a whole stream may bring, as it is on the wire. A thousand members with full metadata need 0.7 MB. */
export const STREAM_BYTES_MAX = 20 * 1024 * 1024;
/** Members in one exchange. */
export const EXCHANGE_MEMBERS_MAX = 100_000;

/** A member's state on the wire; the numbers are memberlist's. */
export const memberStates = { alive: 0, suspect: 1, dead: 2, left: 3 } as const;
export type MemberState = keyof typeof memberStates;

/** What one side of an exchange believes about a member. */
export interface MemberRecord {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly incarnation: number;
  readonly state: MemberState;
  readonly meta: Uint8Array;
  readonly versions: Versions;
}

/** One side of a push/pull: everything it knows. */
export interface Exchange {
  readonly type: "pushPull";
  /** Whether the sender is joining (for the user of gossip; members are merged in either case). */
  readonly join: boolean;
  readonly members: readonly MemberRecord[];
  /** Data of the user of gossip. */
  readonly userState: Uint8Array;
}

export interface ErrorReply {
  readonly type: "err";
  readonly error: string;
}

/** What a TCP connection may carry, one in each direction. */
export type StreamMessage = Exchange | Ping | Ack | User | ErrorReply;

/** The bytes of a whole stream in one direction. */
export function encodeStream(message: StreamMessage, framing: Framing, random: Random): Uint8Array {
  const plain = encodeBody(message);
  const packed = framing.compress ? compress(plain) : plain;
  const { primary } = framing.keyring;
  const head = labelHead(framing.label);
  if (primary === null) return Buffer.concat([head, packed]);
  const frameHead = Buffer.alloc(FRAME_HEAD_BYTES);
  frameHead[0] = messageTypes.encrypt;
  // The length is authenticated, so it must be known before sealing: version, nonce and tag add 29 bytes.
  frameHead.writeUInt32BE(packed.length + 29, 1);
  const context = Buffer.concat([frameHead, framing.label]);
  return Buffer.concat([head, frameHead, seal(packed, primary, random.bytes(12), context)]);
}

/** Type byte and length of an encrypted frame. */
const FRAME_HEAD_BYTES = 5;

function encodeBody(message: StreamMessage): Uint8Array {
  switch (message.type) {
    case "ping":
    case "ack":
      return encodeMessage(message);
    case "user": {
      const head = pack({ UserMsgLen: message.data.length });
      return Buffer.concat([Uint8Array.of(messageTypes.user), head, message.data]);
    }
    case "err":
      return Buffer.concat([Uint8Array.of(messageTypes.err), pack({ Error: message.error })]);
    case "pushPull": {
      const { join, members, userState } = message;
      const head = pack({ Join: join, Nodes: members.length, UserStateLen: userState.length });
      return Buffer.concat([Uint8Array.of(messageTypes.pushPull), head, ...members.map(encodeRecord), userState]);
    }
  }
}

function encodeRecord(record: MemberRecord): Uint8Array {
  return pack({
    Addr: addressToBytes(record.endpoint.address),
    Incarnation: record.incarnation,
    Meta: record.meta,
    Name: record.name,
    Port: record.endpoint.port,
    State: memberStates[record.state],
    Vsn: Uint8Array.from(record.versions),
  });
}

/**
 * Reads one message of a stream as its bytes come. `take` returns null until all of it is there. Only an exchange's
 * members are read one by one, so that a long stream is not read anew with every chunk.
 * @throws WireError from `take`; the stream is to be closed then.
 */
export class StreamReader {
  readonly #framing: Framing;
  readonly #bytesMax: number;
  #bytes = Buffer.alloc(0);
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Length at which another look is worth it. */
  #wanted = 1;
  #exchange: ExchangeReader | null = null;

  /**
   * `bytesMax`: how much is accepted from this peer, at most STREAM_BYTES_MAX; more is refused as soon as it is
   * announced.
   */
  constructor(framing: Framing, bytesMax: number = STREAM_BYTES_MAX) {
    this.#framing = framing;
    this.#bytesMax = bytesMax;
  }

  take(chunk: Uint8Array): StreamMessage | null {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length > this.#bytesMax) throw this.#tooLarge("a stream");
    if (this.#length < this.#wanted) return null;
    this.#bytes = Buffer.concat([this.#bytes, ...this.#chunks]);
    this.#chunks = [];
    try {
      return this.#open();
    } catch (error) {
      if (!(error instanceof WireError) || error.fault !== "truncated") throw error;
      return null;
    }
  }

  #open(): StreamMessage | null {
    const { label, keyring, acceptPlain } = this.#framing;
    const inner = withoutLabel(this.#bytes, label);
    const isSealed = inner[0] === messageTypes.encrypt;
    if (!isSealed) {
      if (keyring.keys.length > 0 && !acceptPlain && inner.length > 0) {
        throw new WireError("notEncrypted", "a stream in the clear");
      }
      return this.#readBody(inner);
    }
    if (keyring.keys.length === 0) throw new WireError("wrongKey", "an encrypted stream, and we have no keys");
    if (inner.length < FRAME_HEAD_BYTES) return null;
    const end = FRAME_HEAD_BYTES + Buffer.from(inner.buffer, inner.byteOffset + 1, 4).readUInt32BE(0);
    if (end > this.#bytesMax) throw this.#tooLarge("an encrypted frame");
    this.#wanted = this.#bytes.length - inner.length + end;
    if (inner.length < end) return null;
    const context = Buffer.concat([inner.subarray(0, FRAME_HEAD_BYTES), label]);
    return wholeBody(unseal(inner.subarray(FRAME_HEAD_BYTES, end), keyring, context));
  }

  #tooLarge(what: string): WireError {
    return new WireError("tooLarge", `${what} of more than ${this.#bytesMax} bytes`);
  }

  #readBody(inner: Uint8Array): StreamMessage | null {
    if (inner[0] === messageTypes.compress) return wholeBody(decompress(inner.subarray(1)));
    if (inner[0] !== messageTypes.pushPull) return decodeBody(inner);
    this.#exchange ??= new ExchangeReader();
    return this.#exchange.read(inner);
  }
}

/** What was in an encrypted or compressed frame; nothing more of it will come. */
function wholeBody(bytes: Uint8Array): StreamMessage {
  const body = bytes[0] === messageTypes.compress ? decompress(bytes.subarray(1)) : bytes;
  try {
    return decodeBody(body);
  } catch (error) {
    if (error instanceof WireError && error.fault === "truncated") throw new WireError("malformed", error.message);
    throw error;
  }
}

function decodeBody(body: Uint8Array): StreamMessage {
  switch (body[0]) {
    case messageTypes.ping:
    case messageTypes.ack: {
      const message = decodeMessage(body);
      if (message.type === "ping" || message.type === "ack") return message;
      throw new WireError("malformed", "a type that is not its own");
    }
    case messageTypes.pushPull:
      return new ExchangeReader().read(body);
    case messageTypes.user: {
      const reader = new PackReader(body, 1);
      const length = new FieldReader(reader.readMap()).u32("UserMsgLen");
      return { type: "user", data: sliceWhole(body, reader.position, length) };
    }
    case messageTypes.err:
      return { type: "err", error: new FieldReader(new PackReader(body, 1).readMap()).text("Error") };
    case undefined:
      throw new WireError("truncated", "nothing yet");
    default:
      throw new WireError("unknownType", `a stream has no message of type ${body[0]}`);
  }
}

function sliceWhole(bytes: Uint8Array, from: number, length: number): Uint8Array {
  if (from + length > bytes.length) throw new WireError("truncated", "not all of it is there");
  return Uint8Array.from(bytes.subarray(from, from + length));
}

/** An exchange, member by member; `read` may be called again with the same bytes and more. */
class ExchangeReader {
  readonly #members: MemberRecord[] = [];
  #head: { readonly join: boolean; readonly members: number; readonly userStateBytes: number } | null = null;
  #at = 1;

  /** @throws WireError truncated while not all of it is there. */
  read(bytes: Uint8Array): Exchange {
    this.#head ??= this.#readHead(bytes);
    while (this.#members.length < this.#head.members) {
      const reader = new PackReader(bytes, this.#at);
      this.#members.push(toRecord(new FieldReader(reader.readMap())));
      this.#at = reader.position;
    }
    const userState = sliceWhole(bytes, this.#at, this.#head.userStateBytes);
    return { type: "pushPull", join: this.#head.join, members: this.#members, userState };
  }

  #readHead(bytes: Uint8Array): { join: boolean; members: number; userStateBytes: number } {
    const reader = new PackReader(bytes, this.#at);
    const fields = new FieldReader(reader.readMap());
    const head = {
      join: fields.boolean("Join"),
      members: fields.u32("Nodes"),
      userStateBytes: fields.u32("UserStateLen"),
    };
    if (head.members > EXCHANGE_MEMBERS_MAX || head.userStateBytes > STREAM_BYTES_MAX) {
      throw new WireError("tooLarge", "an exchange larger than any cluster");
    }
    this.#at = reader.position;
    return head;
  }
}

const STATES_BY_NUMBER = Object.keys(memberStates) as readonly MemberState[];

function toRecord(fields: FieldReader): MemberRecord {
  const { node, ...facts } = toFacts(fields, "Name");
  const state = STATES_BY_NUMBER[fields.u32("State")];
  if (state === undefined) throw new WireError("malformed", "an unknown member state");
  return { name: node, state, ...facts };
}
