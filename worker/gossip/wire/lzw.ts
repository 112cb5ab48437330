import { WireError } from "./wire-error.ts";

/** What a frame may grow to; anything larger is a bomb, or from a cluster far larger than this protocol supports. */
export const DECOMPRESSED_BYTES_MAX = 40 * 1024 * 1024;

const LITERAL_BITS = 8;
const CODE_BITS_MAX = 12;
const CLEAR = 1 << LITERAL_BITS;
const END = CLEAR + 1;
const FIRST_FREE = CLEAR + 2;
const TABLE_SIZE = 1 << CODE_BITS_MAX;

/**
 * LZW as Go's compress/lzw reads it with LSB order and 8-bit literals: codes of 9 to 12 bits, least significant bit
 * first; a full table stays as it is until a clear code.
 * @throws WireError malformed, truncated, or tooLarge when the output passes `bytesMax`.
 */
export function lzwDecompress(input: Uint8Array, bytesMax = DECOMPRESSED_BYTES_MAX): Uint8Array {
  const prefix = new Uint16Array(TABLE_SIZE);
  const suffix = new Uint8Array(TABLE_SIZE);
  const out = new ByteSink(bytesMax);
  const scratch = new Uint8Array(TABLE_SIZE);
  let width = LITERAL_BITS + 1;
  let next = FIRST_FREE;
  let last = -1;
  let bits = 0;
  let held = 0;
  let at = 0;
  for (;;) {
    while (held < width) {
      const byte = input[at++];
      if (byte === undefined) throw new WireError("truncated", "compressed data without an end");
      bits |= byte << held;
      held += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    held -= width;
    if (code === END) return out.take();
    if (code === CLEAR) {
      width = LITERAL_BITS + 1;
      next = FIRST_FREE;
      last = -1;
      continue;
    }
    if (code > next || (code === next && last === -1))
      throw new WireError("malformed", "a compressed code from nowhere");
    // A code that is just being defined stands for the last one plus its own first byte.
    let walk = code === next ? last : code;
    let filled = scratch.length;
    if (code === next) filled--;
    while (walk >= CLEAR) {
      scratch[--filled] = suffix[walk] ?? 0;
      walk = prefix[walk] ?? 0;
    }
    scratch[--filled] = walk;
    if (code === next) scratch[scratch.length - 1] = walk;
    out.put(scratch.subarray(filled));
    if (last !== -1 && next < TABLE_SIZE) {
      suffix[next] = walk;
      prefix[next] = last;
      next++;
    }
    // The writer widens its codes one entry later than its table grows; the reader is one entry behind.
    if (next >= 1 << width && width < CODE_BITS_MAX) width++;
    last = code;
  }
}

/** The reverse, for frames that become smaller. */
export function lzwCompress(input: Uint8Array): Uint8Array {
  const table = new Map<number, number>();
  const out: number[] = [];
  let width = LITERAL_BITS + 1;
  let next = FIRST_FREE;
  let bits = 0;
  let held = 0;
  const write = (code: number): void => {
    bits |= code << held;
    held += width;
    while (held >= 8) {
      out.push(bits & 0xff);
      bits >>>= 8;
      held -= 8;
    }
  };
  write(CLEAR);
  let current = -1;
  for (const byte of input) {
    if (current === -1) {
      current = byte;
      continue;
    }
    const key = (current << 8) | byte;
    const known = table.get(key);
    if (known !== undefined) {
      current = known;
      continue;
    }
    write(current);
    current = byte;
    if (next === TABLE_SIZE - 1) {
      write(CLEAR);
      table.clear();
      width = LITERAL_BITS + 1;
      next = FIRST_FREE;
      continue;
    }
    table.set(key, next);
    if (next === 1 << width) width++;
    next++;
  }
  if (current !== -1) {
    write(current);
    if (next === 1 << width && width < CODE_BITS_MAX) width++;
  }
  write(END);
  if (held > 0) out.push(bits & 0xff);
  return Uint8Array.from(out);
}

/** A buffer that doubles, up to a limit. */
class ByteSink {
  readonly #bytesMax: number;
  #bytes = new Uint8Array(1024);
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  put(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytesMax) throw new WireError("tooLarge", `more than ${this.#bytesMax} bytes when decompressed`);
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
