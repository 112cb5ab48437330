/** Netlink's framing: messages and attributes, all of them padded to four bytes, in the byte order of the machine. */

const MESSAGE_HEADER = 16;
const ATTRIBUTE_HEADER = 4;
/** The two upper bits of an attribute's type say something about its content and do not belong to the type. */
const ATTRIBUTE_TYPE = 0x3fff;

/** Types that every protocol over netlink has. */
export const ANSWER = { error: 2, done: 3 } as const;

export const FLAG = {
  request: 0x1,
  acknowledge: 0x4,
  /** In an answer: the table changed while it was dumped. */
  interrupted: 0x10,
  /** Requests that read. */
  dump: 0x300,
  /** Requests that make something; the first also in notices about routes. */
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** In an answer of type `error`: the message was left out of it; texts follow. */
  capped: 0x100,
  hasTexts: 0x200,
} as const;

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Who asked: the port of the socket; 0 = the kernel itself. */
  readonly port: number;
  readonly body: Buffer;
}

export type Attributes = ReadonlyMap<number, Buffer>;

export function u8(value: number): Buffer {
  return Buffer.of(value);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** In the order of the network, as ports are. */
export function u16Network(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** A text with the zero byte that ends it. */
export function cText(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export function textOf(bytes: Buffer | undefined): string {
  if (bytes === undefined) return "";
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
}

export function attribute(type: number, content: Uint8Array): Buffer {
  const length = ATTRIBUTE_HEADER + content.length;
  const bytes = Buffer.alloc(padded(length));
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(content, ATTRIBUTE_HEADER);
  return bytes;
}

export function nested(type: number, ...content: readonly Uint8Array[]): Buffer {
  return attribute(type, Buffer.concat(content));
}

/** A message with sequence number 0; whoever sends it writes a number (`setSequence`). */
export function message(type: number, flags: number, ...body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, MESSAGE_HEADER);
  const header = Buffer.alloc(MESSAGE_HEADER);
  header.writeUInt32LE(length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  const padding = padded(length) - length;
  return Buffer.concat([header, ...body, ...(padding === 0 ? [] : [Buffer.alloc(padding)])]);
}

export function setSequence(bytes: Buffer, sequence: number): void {
  bytes.writeUInt32LE(sequence, 8);
}

/** The messages of one datagram; what is cut off at its end is left out. */
export function* messagesIn(bytes: Buffer): Generator<Message> {
  let at = 0;
  while (at + MESSAGE_HEADER <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    if (length < MESSAGE_HEADER || at + length > bytes.length) return;
    yield {
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      port: bytes.readUInt32LE(at + 12),
      body: bytes.subarray(at + MESSAGE_HEADER, at + length),
    };
    at += padded(length);
  }
}

/** The attributes from `from` on; of several of one type the last. What is cut off is left out. */
export function attributesIn(bytes: Buffer | undefined, from = 0): Attributes {
  const found = new Map<number, Buffer>();
  if (bytes === undefined) return found;
  let at = from;
  while (at + ATTRIBUTE_HEADER <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & ATTRIBUTE_TYPE, bytes.subarray(at + ATTRIBUTE_HEADER, at + length));
    at += padded(length);
  }
  return found;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
