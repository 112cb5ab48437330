import { CACHE_TTL_SECONDS_MAX } from "./limits.ts";
import { type Query, type QueryHead, readQuestion } from "./query.ts";
import { FLAG, HEADER_BYTES, OPCODE_MASK, RCODE, RCODE_MASK, TYPE } from "./record-type.ts";
import { type DnsTransport, encodeOpt, replyBytesMax, writeReply } from "./reply.ts";

/** What another server said, as it said it: of its records nothing is read but how long they may be kept. */
export interface UpstreamAnswer {
  readonly bytes: Uint8Array;
  readonly rcode: number;
  readonly isTruncated: boolean;
  /** Where in `bytes` times to live stand. */
  readonly ttlOffsets: readonly number[];
  /** How long it may be kept; 0 = not at all. */
  readonly keepSeconds: number;
}

/** Of the client's flags, those that a server's answer depends on. */
const PASSED_FLAGS = FLAG.RECURSION_DESIRED | FLAG.AUTHENTIC_DATA | FLAG.CHECKING_DISABLED;

/**
 * The client's question under an id of ours. With its flags and its question byte by byte, but with our own EDNS
 * record where it had one: cookies and client addresses are between two neighbours only.
 */
export function writeUpstreamQuery({ question, flags, edns }: QueryHead, id: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags & PASSED_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns === null ? 0 : 1, 10);
  return Buffer.concat([header, question, ...(edns === null ? [] : [encodeOpt(0, edns.wantsDnssec)])]);
}

/** Questions with the same key have the same answer, from the same servers. */
export function questionKey({ question, type, class: kind, flags, edns }: Query, servers: readonly string[]): string {
  const dnssec = edns === null ? "plain" : String(edns.wantsDnssec);
  return [servers.join(","), nameKey(question), type, kind, flags & PASSED_FLAGS, dnssec].join(" ");
}

/** Whether the bytes are an answer to what was asked under that id; anything else is from somebody else. */
export function isAnswerTo(bytes: Uint8Array, id: number, asked: Query): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  const message = view(bytes);
  const flags = message.readUInt16BE(2);
  if (message.readUInt16BE(0) !== id || (flags & FLAG.RESPONSE) === 0 || (flags & OPCODE_MASK) !== 0) return false;
  if (message.readUInt16BE(4) !== 1) return false;
  const repeated = readQuestion(message);
  return (
    repeated !== null &&
    repeated.type === asked.type &&
    repeated.class === asked.class &&
    nameKey(repeated.question) === nameKey(asked.question)
  );
}

/** What `isAnswerTo` let through; null = its records cannot be followed to their end. */
export function readUpstreamAnswer(bytes: Uint8Array): UpstreamAnswer | null {
  const message = view(bytes);
  const flags = message.readUInt16BE(2);
  const question = readQuestion(message);
  if (question === null) return null;
  const answers = message.readUInt16BE(6);
  const records = answers + message.readUInt16BE(8) + message.readUInt16BE(10);
  const ttlOffsets: number[] = [];
  let keepSeconds = CACHE_TTL_SECONDS_MAX;
  let hasZone = false;
  let at = HEADER_BYTES + question.question.length;
  for (let record = 0; record < records; record++) {
    const fixed = skipName(message, at);
    if (fixed === null || fixed + 10 > message.length) return null;
    const [type, ttl, length] = [
      message.readUInt16BE(fixed),
      message.readUInt32BE(fixed + 4),
      message.readUInt16BE(fixed + 8),
    ];
    at = fixed + 10 + length;
    if (at > message.length) return null;
    // What stands there in an OPT record is something else.
    if (type === TYPE.OPT) continue;
    ttlOffsets.push(fixed + 4);
    keepSeconds = Math.min(keepSeconds, ttl);
    if (type !== TYPE.SOA || length < 4 || record < answers) continue;
    hasZone = true;
    // Its last number says how long "there is none" may be kept (RFC 2308).
    keepSeconds = Math.min(keepSeconds, message.readUInt32BE(at - 4));
  }
  const rcode = flags & RCODE_MASK;
  const isTruncated = (flags & FLAG.TRUNCATED) !== 0;
  const isNegative = rcode === RCODE.NXDOMAIN || (rcode === RCODE.NOERROR && answers === 0);
  const isKept = !isTruncated && (isNegative ? hasZone : rcode === RCODE.NOERROR);
  return {
    bytes: Uint8Array.from(bytes),
    rcode,
    isTruncated,
    ttlOffsets,
    keepSeconds: isKept ? keepSeconds : 0,
  };
}

/** The answer for this client: its id, its question as it wrote it, times less `ageSeconds`; cut off if too long. */
export function passOn(answer: UpstreamAnswer, query: Query, ageSeconds: number, transport: DnsTransport): Buffer {
  if (answer.bytes.length > replyBytesMax(query, transport)) return cutOff(query);
  const message = Buffer.from(answer.bytes);
  message.writeUInt16BE(query.id, 0);
  message.writeUInt16BE(
    (message.readUInt16BE(2) & ~FLAG.RECURSION_DESIRED) |
      (query.flags & FLAG.RECURSION_DESIRED) |
      FLAG.RECURSION_AVAILABLE,
    2,
  );
  message.set(query.question, HEADER_BYTES);
  for (const at of answer.ttlOffsets) message.writeUInt32BE(Math.max(0, message.readUInt32BE(at) - ageSeconds), at);
  return message;
}

/** Tells the client to ask over TCP. */
function cutOff(query: Query): Buffer {
  const reply = { rcode: "NOERROR", isAuthoritative: false, answers: [], additionals: [], zone: null } as const;
  const message = writeReply(query, reply, "udp");
  message.writeUInt16BE(message.readUInt16BE(2) | FLAG.TRUNCATED, 2);
  return message;
}

/** Behind the name that begins there, which may end in a pointer; null when it does not end. */
function skipName(message: Buffer, from: number): number | null {
  for (let at = from; ; ) {
    const length = message[at];
    if (length === undefined) return null;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length > 63) return null;
    at += 1 + length;
  }
}

/** The name of a question without regard to upper and lower case. Lengths of labels stay below the letters. */
function nameKey(question: Uint8Array): string {
  return view(question)
    .toString("latin1", 0, question.length - 4)
    .toLowerCase();
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
