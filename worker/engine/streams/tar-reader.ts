import { SwarmError } from "../../../shared/errors.ts";

/** An entry of a tar archive; its content is read before the next entry is asked for, or passed over. */
export interface TarEntry {
  /** As the archive says: nothing about it was checked. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link" | "hardLink" | "other";
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  /** Of links, hard or symbolic. */
  readonly target: string;
  readonly content: AsyncIterable<Buffer>;
}

const BLOCK_BYTES = 512;
const MODE_MASK = 0o7777;
const KINDS: ReadonlyMap<string, TarEntry["kind"]> = new Map([
  ...["0", "\0", "7"].map((type) => [type, "file"] as const),
  ["5", "directory"],
  ["2", "link"],
  ["1", "hardLink"],
]);
/** Names and attributes in headers of their own; the kernel takes names of 4,096 bytes. */
const EXTENSION_BYTES_MAX = 1 << 20;

/** What a header of its own says about the entry after it. */
interface Extension {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mtime?: string;
}

/**
 * The entries of an archive in the forms ustar, GNU and pax, one after another.
 * @throws SwarmError invalidArgument when it is none, is cut off, or has headers that are too large.
 */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new ByteSource(chunks);
  let ofAll: Extension = {};
  let own: Extension = {};
  for (;;) {
    const block = await source.takeOrEnd(BLOCK_BYTES);
    // Two blocks of zeroes end an archive; what follows them is not looked at, but taken.
    if (block === null || block.every((byte) => byte === 0)) break;
    checkSum(block);
    const type = String.fromCharCode(block[156] ?? 0);
    const headerSize = number(block, 124, 12);
    if ("xgLK".includes(type)) {
      if (headerSize > EXTENSION_BYTES_MAX) throw broken("a header is too large");
      const said = await source.take(headerSize);
      await source.take(padding(headerSize));
      if (type === "g") ofAll = { ...ofAll, ...paxOf(said) };
      else if (type === "x") own = { ...own, ...paxOf(said) };
      else own = { ...own, [type === "L" ? "path" : "linkpath"]: textOf(said) };
      continue;
    }
    const extension = { ...ofAll, ...own };
    own = {};
    const kind = KINDS.get(type) ?? "other";
    const size = extension.size === undefined ? headerSize : wholeOf(extension.size);
    const content = new Content(source, kind === "file" ? size : 0);
    yield { ...entryOf(block, extension), kind, content };
    await content.skip();
    await source.take(kind === "file" ? padding(size) : 0);
    if (kind !== "file" && size > 0) await new Content(source, size + padding(size)).skip();
  }
  await source.drain();
}

function entryOf(block: Buffer, extension: Extension): Omit<TarEntry, "kind" | "content"> {
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  return {
    path: extension.path ?? (prefix === "" ? name : `${prefix}/${name}`),
    mode: number(block, 100, 8) & MODE_MASK,
    uid: extension.uid === undefined ? number(block, 108, 8) : wholeOf(extension.uid),
    gid: extension.gid === undefined ? number(block, 116, 8) : wholeOf(extension.gid),
    mtimeSeconds: extension.mtime === undefined ? number(block, 136, 12) : Number(extension.mtime) || 0,
    target: extension.linkpath ?? textOf(block.subarray(157, 257)),
  };
}

/** The content of one entry. */
class Content implements AsyncIterable<Buffer> {
  readonly #source: ByteSource;
  #left: number;

  constructor(source: ByteSource, size: number) {
    this.#source = source;
    this.#left = size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const piece = await this.#source.takeSome(this.#left);
      this.#left -= piece.length;
      yield piece;
    }
  }

  async skip(): Promise<void> {
    for await (const _ of this);
  }
}

/** Bytes of a stream by count, whatever pieces they come in. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** null = there are no more at all. */
  async takeOrEnd(count: number): Promise<Buffer | null> {
    if (this.#held.length === 0 && !(await this.#more())) return null;
    return await this.take(count);
  }

  async take(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const piece = await this.takeSome(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  /** At least one byte, at most `count`. */
  async takeSome(count: number): Promise<Buffer> {
    if (this.#held.length === 0 && !(await this.#more())) throw broken("it ends in the midst of an entry");
    const piece = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(piece.length);
    return piece;
  }

  async drain(): Promise<void> {
    while (await this.#more());
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#held = value;
      if (value.length > 0) return true;
    }
  }
}

function paxOf(bytes: Buffer): Extension {
  const said: Record<string, string> = Object.create(null);
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, blank));
    if (blank === -1 || !Number.isSafeInteger(length) || length <= blank - at || at + length > bytes.length) {
      throw broken("a header cannot be read");
    }
    const record = bytes.toString("utf8", blank + 1, at + length - 1);
    const equals = record.indexOf("=");
    said[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  const { path, linkpath, size, uid, gid, mtime } = said;
  const parts = Object.entries({ path, linkpath, size, uid, gid, mtime });
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

/** The sum of a header's bytes, its own field taken as blanks. */
function checkSum(block: Buffer): void {
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  if (sum !== number(block, 148, 8)) throw broken("it is no tar archive, or damaged");
}

/** Octal digits, or, with the first bit set, a number in binary (GNU). */
function number(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    let value = BigInt((block[at] ?? 0) & 0x7f);
    for (const byte of block.subarray(at + 1, at + length)) value = value * 256n + BigInt(byte);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken("a number is too large");
    return Number(value);
  }
  const digits = block.toString("latin1", at, at + length).replaceAll(/[\0 ]+/g, "");
  if (!/^[0-7]*$/.test(digits)) throw broken("a number cannot be read");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function wholeOf(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw broken("a number cannot be read");
  return value;
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
}

function padding(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

function broken(why: string): SwarmError {
  return new SwarmError("invalidArgument", `the archive cannot be unpacked: ${why}`);
}
