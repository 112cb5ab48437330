import { type Answer, encode } from "dns-packet";
import { TCP_BYTES_MAX, UDP_BYTES_DEFAULT, UDP_BYTES_MAX } from "./limits.ts";
import type { QueryHead } from "./query.ts";
import { CLASS_IN, FLAG, HEADER_BYTES, RCODE, RCODE_MASK, type Rcode, TYPE } from "./record-type.ts";

/** One record; `owner` null = the name that was asked for. */
export interface DnsRecord {
  readonly owner: string | null;
  readonly ttlSeconds: number;
  readonly data:
    | { readonly kind: "address" /** 4 or 16. */; readonly bytes: Uint8Array }
    | { readonly kind: "PTR"; readonly name: string }
    | { readonly kind: "SRV"; readonly port: number; readonly target: string };
}

/** What this server itself has to say. */
export interface Reply {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  /** What saves the client another question; left out where it does not fit. */
  readonly additionals: readonly DnsRecord[];
  /** With "there is none": the zone that says so and for how long; null = nothing of the kind. */
  readonly zone: { readonly name: string; readonly ttlSeconds: number } | null;
}

export type DnsTransport = "udp" | "tcp";

/** The name asked for, by a pointer to where it stands in every answer. */
const POINTER_TO_QUESTION = 0xc000 + HEADER_BYTES;
const OPT_BYTES = 11;
/** Of a record whose owner is such a pointer: what stands before the address. */
const ADDRESS_RECORD_BYTES = 12;
/** More than two names of 255 bytes and some numbers take. */
const NAMED_RECORD_BYTES_MAX = 600;
const DNSSEC_OK = 0x8000;
/** Of a zone that is made up of nothing but what the swarm has; no other server ever copies it. */
const SOA = { mname: "swarm.internal", rname: "nobody.swarm.internal", serial: 1, refresh: 60, retry: 60, expire: 60 };

/** Bytes that a client takes of an answer over this transport. */
export function replyBytesMax({ edns }: QueryHead, transport: DnsTransport): number {
  if (transport === "tcp") return TCP_BYTES_MAX;
  return Math.min(Math.max(edns?.payloadBytes ?? 0, UDP_BYTES_DEFAULT), UDP_BYTES_MAX);
}

/** The message that answers it. Says so where not all records fit: then the client asks again over TCP. */
export function writeReply(query: QueryHead, reply: Reply, transport: DnsTransport): Buffer {
  const opt = query.edns === null ? null : encodeOpt(RCODE[reply.rcode] >>> 4, query.edns.wantsDnssec);
  const message = new MessageWriter(query, replyBytesMax(query, transport) - (opt?.length ?? 0), sizeOf(reply));
  const answers = message.putRecords(reply.answers);
  const authorities = reply.zone !== null && message.put(encodeZone(reply.zone)) ? 1 : 0;
  const additionals = message.putRecords(reply.additionals);
  const flags =
    FLAG.RESPONSE |
    FLAG.RECURSION_AVAILABLE |
    (query.flags & (FLAG.RECURSION_DESIRED | FLAG.CHECKING_DISABLED)) |
    (reply.isAuthoritative ? FLAG.AUTHORITATIVE : 0) |
    (answers < reply.answers.length ? FLAG.TRUNCATED : 0) |
    (RCODE[reply.rcode] & RCODE_MASK);
  return message.finish(flags, [answers, authorities, additionals], opt);
}

/** At least the bytes of its records. */
function sizeOf({ answers, additionals }: Reply): number {
  const ofRecord = ({ owner, data }: DnsRecord): number =>
    owner === null && data.kind === "address" ? ADDRESS_RECORD_BYTES + data.bytes.length : NAMED_RECORD_BYTES_MAX;
  const ofAll = (records: readonly DnsRecord[]): number => records.reduce((sum, record) => sum + ofRecord(record), 0);
  return NAMED_RECORD_BYTES_MAX + ofAll(answers) + ofAll(additionals);
}

/** A message that grows up to a limit: in one piece of memory, because there may be thousands of records. */
class MessageWriter {
  readonly #bytes: Buffer;
  readonly #query: QueryHead;
  #end: number;
  /** Room is kept for an OPT record beyond. */
  readonly #limit: number;

  constructor(query: QueryHead, limit: number, recordBytes: number) {
    this.#query = query;
    this.#end = HEADER_BYTES + query.question.length;
    this.#limit = limit;
    this.#bytes = Buffer.allocUnsafe(Math.min(limit, this.#end + recordBytes) + OPT_BYTES);
    this.#bytes.set(query.question, HEADER_BYTES);
  }

  /** As many as fit, from the first; returns how many. */
  putRecords(records: readonly DnsRecord[]): number {
    let count = 0;
    for (const record of records) {
      const isPut =
        record.owner === null && record.data.kind === "address"
          ? this.#putAddress(record.data.bytes, record.ttlSeconds)
          : this.put(encodeRecord(record));
      if (!isPut) break;
      count++;
    }
    return count;
  }

  /** False when it does not fit. */
  put(record: Uint8Array): boolean {
    if (this.#end + record.length > this.#limit) return false;
    this.#bytes.set(record, this.#end);
    this.#end += record.length;
    return true;
  }

  finish(flags: number, counts: readonly [number, number, number], opt: Uint8Array | null): Buffer {
    const [answers, authorities, additionals] = counts;
    const { id, question } = this.#query;
    this.#bytes.writeUInt16BE(id, 0);
    this.#bytes.writeUInt16BE(flags, 2);
    this.#bytes.writeUInt16BE(question.length > 0 ? 1 : 0, 4);
    this.#bytes.writeUInt16BE(answers, 6);
    this.#bytes.writeUInt16BE(authorities, 8);
    this.#bytes.writeUInt16BE(additionals + (opt === null ? 0 : 1), 10);
    if (opt !== null) this.#bytes.set(opt, this.#end);
    return this.#bytes.subarray(0, this.#end + (opt?.length ?? 0));
  }

  #putAddress(address: Uint8Array, ttlSeconds: number): boolean {
    const [bytes, at] = [this.#bytes, this.#end];
    const length = ADDRESS_RECORD_BYTES + address.length;
    if (at + length > this.#limit) return false;
    bytes.writeUInt16BE(POINTER_TO_QUESTION, at);
    bytes.writeUInt16BE(addressType(address), at + 2);
    bytes.writeUInt16BE(CLASS_IN, at + 4);
    bytes.writeUInt32BE(ttlSeconds, at + 6);
    bytes.writeUInt16BE(address.length, at + 10);
    bytes.set(address, at + ADDRESS_RECORD_BYTES);
    this.#end += length;
    return true;
  }
}

/** The OPT record of a message of ours. `upperRcode`: what of the answer's code does not fit the header. */
export function encodeOpt(upperRcode: number, wantsDnssec: boolean): Uint8Array {
  const opt = Buffer.alloc(OPT_BYTES);
  opt.writeUInt16BE(TYPE.OPT, 1);
  opt.writeUInt16BE(UDP_BYTES_MAX, 3);
  opt.writeUInt8(upperRcode, 5);
  opt.writeUInt16BE(wantsDnssec ? DNSSEC_OK : 0, 7);
  return opt;
}

function encodeRecord({ owner, ttlSeconds, data }: DnsRecord): Uint8Array {
  const head = { name: owner ?? ".", ttl: ttlSeconds };
  switch (data.kind) {
    case "PTR":
      return withOwner(encodeAnswer({ ...head, type: "PTR", data: data.name }), owner);
    case "SRV":
      return withOwner(encodeAnswer({ ...head, type: "SRV", data: { port: data.port, target: data.target } }), owner);
    case "address": {
      const record = encodeAnswer({ ...head, type: "NULL", data: Buffer.from(data.bytes) });
      record.writeUInt16BE(addressType(data.bytes), record.length - data.bytes.length - ADDRESS_RECORD_BYTES + 2);
      return withOwner(record, owner);
    }
  }
}

function addressType(bytes: Uint8Array): number {
  return bytes.length === 4 ? TYPE.A : TYPE.AAAA;
}

function encodeZone({ name, ttlSeconds }: { readonly name: string; readonly ttlSeconds: number }): Uint8Array {
  return encodeAnswer({ type: "SOA", name, ttl: ttlSeconds, data: { ...SOA, minimum: ttlSeconds } });
}

function encodeAnswer(answer: Answer): Buffer {
  return encode({ answers: [answer] }).subarray(HEADER_BYTES);
}

/** The root's name, one byte of zero, stood for it. */
function withOwner(record: Uint8Array, owner: string | null): Uint8Array {
  if (owner !== null) return record;
  return Uint8Array.of(POINTER_TO_QUESTION >>> 8, POINTER_TO_QUESTION & 0xff, ...record.subarray(1));
}
