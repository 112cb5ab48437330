import type { ErrorDetail } from "../../errors.ts";

/**
 * How the command line and the daemon talk on the local socket where HTTP/2 would cost more than the call:
 *
 *     client: GREETING                            server: GREETING
 *     client: head, message ... [halfClose]       server: message ... end
 *
 * One connection carries one call of any kind; whoever closes it before the end gives the call up. Both sides may send
 * at the same time, and a side that is not read is held back by the socket. A frame is a kind (1 byte), the length of
 * its body (4 bytes, big-endian) and the body. `alive` has nothing in it and means nothing: writing it shows whether
 * the other side is still there.
 */

/** Tells this protocol from HTTP/2, whose clients begin with "PRI" and whose servers with a frame's length, 0. */
export const GREETING = Buffer.from("swarm1\n");

export const FRAMES = { head: 1, message: 2, end: 3, halfClose: 4, alive: 5 } as const;
export type FrameKind = keyof typeof FRAMES;

const KINDS: ReadonlyMap<number, FrameKind> = new Map(
  Object.entries(FRAMES).map(([kind, byte]) => [byte, kind as FrameKind]),
);
const HEAD_BYTES = 5;

/** What a call begins with, as JSON. */
export interface CallHead {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** How long the caller will wait, in milliseconds; null = as long as it takes. */
  readonly timeoutMs: number | null;
}

/** What a call ends with, as JSON. */
export interface CallEnd {
  /** gRPC's number; 0 = it went well. */
  readonly code: number;
  readonly sentence: string;
  readonly detail: ErrorDetail | null;
}

export interface Frame {
  readonly kind: FrameKind;
  readonly body: Buffer;
}

export function frame(kind: FrameKind, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(FRAMES[kind]);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

export function jsonFrame(kind: "head" | "end", content: CallHead | CallEnd): Buffer {
  return frame(kind, Buffer.from(JSON.stringify(content)));
}

/** Puts a peer's bytes together to its greeting and frames, whatever pieces they arrive in. */
export class FrameReader {
  readonly #bytesMax: (kind: FrameKind) => number;
  readonly #pieces: Buffer[] = [];
  #held = 0;
  #wanted = GREETING.length;
  #greeted = false;

  /** @param bytesMax of a body; asked before the body is read. */
  constructor(bytesMax: (kind: FrameKind) => number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether the peer has said that it speaks this protocol. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /**
   * The frames that are complete with these bytes.
   * @throws RangeError when the peer speaks something else or a body is larger than allowed.
   */
  *read(piece: Buffer): Generator<Frame> {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (!this.#greeted && !isGreeting(this.#pieces[0] ?? piece)) throw new RangeError("the peer does not greet");
    while (this.#held >= this.#wanted) {
      const bytes = Buffer.concat(this.#pieces, this.#held);
      const next = this.#next(bytes);
      const rest = bytes.subarray(next?.end ?? 0);
      this.#pieces.splice(0, this.#pieces.length, rest);
      this.#held = rest.length;
      if (next?.frame !== undefined) yield next.frame;
    }
  }

  /** null = more bytes are wanted first. */
  #next(bytes: Buffer): { readonly end: number; readonly frame?: Frame } | null {
    if (!this.#greeted) {
      if (!isGreeting(bytes)) throw new RangeError("the peer does not greet");
      this.#greeted = true;
      this.#wanted = HEAD_BYTES;
      return { end: GREETING.length };
    }
    const kind = KINDS.get(bytes.readUInt8());
    const length = bytes.readUInt32BE(1);
    if (kind === undefined) throw new RangeError("a frame is of no known kind");
    if (length > this.#bytesMax(kind)) throw new RangeError(`a ${kind} of ${length} bytes is too large`);
    const end = HEAD_BYTES + length;
    this.#wanted = bytes.length < end ? end : HEAD_BYTES;
    return bytes.length < end ? null : { end, frame: { kind, body: bytes.subarray(HEAD_BYTES, end) } };
  }
}

/** Whether bytes are the greeting or may become it. */
export function isGreeting(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, GREETING.length);
  return bytes.compare(GREETING, 0, length, 0, length) === 0;
}
