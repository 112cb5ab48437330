import { type DecodedPacket, decode, type OptAnswer } from "dns-packet";
import { NAME_BYTES_MAX, QUERY_BYTES_MAX } from "./limits.ts";
import { normalName } from "./names.ts";
import { FLAG, HEADER_BYTES, OPCODE_MASK, type Rcode, TYPE } from "./record-type.ts";

/** What a client says about itself beyond the question (EDNS, RFC 6891). */
export interface Edns {
  /** Bytes of a UDP answer that it takes. */
  readonly payloadBytes: number;
  /** Wants signatures with the answer. */
  readonly wantsDnssec: boolean;
}

/** What an answer has to repeat. */
export interface QueryHead {
  /** 0..65535. */
  readonly id: number;
  /** The second word of its header. */
  readonly flags: number;
  /** Name, type and class as they came, upper and lower case included; empty = they could not be read. */
  readonly question: Uint8Array;
  readonly edns: Edns | null;
}

export interface Query extends QueryHead {
  /** As `normalName` has it; null = not made of plain characters, so not the name of anything of ours. */
  readonly name: string | null;
  readonly type: number;
  readonly class: number;
}

/** What came in: a question, what cannot be taken for one (to be told so), or what must not be answered at all. */
export type Incoming =
  | { readonly kind: "query"; readonly query: Query }
  | { readonly kind: "fault"; readonly head: QueryHead; readonly rcode: Rcode }
  | { readonly kind: "ignore" };

/** Characters of names of services, tasks, hosts and domains; anything else is no name of ours. */
const PLAIN_LABEL = /^[!-~]+$/;

/** Reads a message of whatever kind. Never throws. */
export function readQuery(bytes: Uint8Array): Incoming {
  if (bytes.length < HEADER_BYTES) return { kind: "ignore" };
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [id, flags] = [message.readUInt16BE(0), message.readUInt16BE(2)];
  // Answering an answer could go on for ever.
  if ((flags & FLAG.RESPONSE) !== 0) return { kind: "ignore" };
  const fault = (rcode: Rcode, question: Uint8Array = new Uint8Array(), edns: Edns | null = null): Incoming => ({
    kind: "fault",
    head: { id, flags, question, edns },
    rcode,
  });
  if ((flags & OPCODE_MASK) !== 0) return fault("NOTIMP");
  const [questions, answers, authorities] = [4, 6, 8].map((at) => message.readUInt16BE(at));
  if (bytes.length > QUERY_BYTES_MAX || questions !== 1 || answers !== 0 || authorities !== 0) return fault("FORMERR");
  const asked = readQuestion(message);
  if (asked === null) return fault("FORMERR");
  const edns = readEdns(message);
  if (edns === "malformed" || asked.type === TYPE.OPT) return fault("FORMERR", asked.question);
  if (edns !== null && edns.version !== 0) return fault("BADVERS", asked.question, edns);
  return { kind: "query", query: { id, flags, edns, ...asked } };
}

/**
 * The first question of a message, by hand: its bytes are repeated in the answer as they came, and the library makes
 * `a.b` out of one label with a dot in it as well as out of two. null when it is malformed.
 */
export function readQuestion(message: Buffer): Pick<Query, "question" | "name" | "type" | "class"> | null {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    // Nothing stands before it that a pointer (two upper bits) could lead to.
    if (length === undefined || length > 63) return null;
    at += 1 + length;
    if (at - HEADER_BYTES > NAME_BYTES_MAX || at > message.length) return null;
    if (length === 0) break;
    labels.push(message.toString("latin1", at - length, at));
  }
  if (at + 4 > message.length) return null;
  const isPlain = labels.every((label) => PLAIN_LABEL.test(label) && !label.includes("."));
  return {
    question: Uint8Array.from(message.subarray(HEADER_BYTES, at + 4)),
    name: isPlain ? normalName(labels.join(".")) : null,
    type: message.readUInt16BE(at),
    class: message.readUInt16BE(at + 2),
  };
}

function readEdns(message: Buffer): (Edns & { readonly version: number }) | null | "malformed" {
  // Most questions have none; the library need not look at them.
  if (message.readUInt16BE(10) === 0) return null;
  let packet: DecodedPacket;
  try {
    packet = decode(message);
  } catch {
    return "malformed";
  }
  const found = (packet.additionals ?? []).filter((record): record is OptAnswer => record.type === "OPT");
  const [opt] = found;
  if (found.length > 1) return "malformed";
  if (opt === undefined) return null;
  return { payloadBytes: opt.udpPayloadSize, wantsDnssec: opt.flag_do, version: opt.ednsVersion };
}
