import { createHash } from "node:crypto";
import { SwarmError } from "../shared/errors.ts";
import type { Hijacked } from "./answer.ts";

/** Of RFC 6455: with a client's key, what proves that the answer is one to its question. */
const PROOF = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** What people type comes in small frames, and what programs paste in some of 64 KiB. */
const FRAME_BYTES_MAX = 1 << 20;
const NORMAL_END = Buffer.from([3, 232]);

/** The headers that answer a client's wish for a WebSocket. @throws SwarmError invalidArgument when it has none. */
export function handshake(header: (name: string) => string): Readonly<Record<string, string>> {
  const key = header("sec-websocket-key");
  const isAsked = header("upgrade").toLowerCase() === "websocket" && header("sec-websocket-version") === VERSION;
  if (!isAsked || Buffer.from(key, "base64").length !== 16) {
    const sentence = `bad handshake: expected Upgrade: websocket, Sec-WebSocket-Version: ${VERSION} and a key`;
    throw new SwarmError("invalidArgument", sentence);
  }
  return { "Sec-WebSocket-Accept": createHash("sha1").update(`${key}${PROOF}`).digest("base64") };
}

/** The bytes of a connection as messages of a WebSocket: what is said to it and what it says stays the same. */
export function webSocketPeer(peer: Hijacked): Hijacked & { readonly close: () => Promise<void> } {
  return {
    input: {
      async *[Symbol.asyncIterator]() {
        const frames = new FrameReader();
        for await (const bytes of peer.input) {
          for (const { opcode, payload } of frames.take(bytes)) {
            if (opcode === CLOSE) return;
            if (opcode === PING) await peer.send(frameOf(PONG, payload));
            else if (opcode < CLOSE && payload.length > 0) yield payload;
          }
        }
      },
    },
    send: (bytes) => peer.send(frameOf(BINARY, bytes)),
    signal: peer.signal,
    close: () => peer.send(frameOf(CLOSE, NORMAL_END)),
  };
}

/** A whole message of a server, which is not masked. */
export function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 1 << 16 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes a client's frames out of bytes that come in any pieces. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws SwarmError invalidArgument for what no client may send. */
  take(bytes: Uint8Array): readonly Frame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    for (let next = this.#next(); next !== null; next = this.#next()) frames.push(next);
    return frames;
  }

  #next(): Frame | null {
    const rest = this.#rest;
    if (rest.length < 2) return null;
    const [first = 0, second = 0] = rest;
    if ((second & 0x80) === 0) throw new SwarmError("invalidArgument", "a WebSocket's client masks its frames");
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskAt = 2 + lengthBytes;
    if (rest.length < maskAt + 4) return null;
    const length =
      lengthBytes === 0 ? short : lengthBytes === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (length > FRAME_BYTES_MAX)
      throw new SwarmError("invalidArgument", `a frame of a WebSocket has at most ${FRAME_BYTES_MAX} bytes here`);
    const end = maskAt + 4 + length;
    if (rest.length < end) return null;
    const mask = rest.subarray(maskAt, maskAt + 4);
    const payload = Buffer.from(rest.subarray(maskAt + 4, end));
    for (let at = 0; at < length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
    this.#rest = rest.subarray(end);
    return { opcode: first & 0x0f, payload };
  }
}
