import type { Unpacked } from "./msgpack.ts";
import { WireError } from "./wire-error.ts";

/** No one has longer names; ours are 25 characters. */
export const NAME_BYTES_MAX = 255;
/** What a member may tell about itself; memberlist's limit. */
export const META_BYTES_MAX = 512;
const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
const NONE = new Uint8Array(0);

/**
 * Typed access to a decoded map. A missing field reads as its zero value, since peers omit what is empty; unknown
 * fields are ignored, so that newer peers may add some. @throws WireError malformed for a value of the wrong kind.
 */
export class FieldReader {
  readonly #map: ReadonlyMap<string, Unpacked>;

  constructor(map: ReadonlyMap<string, Unpacked>) {
    this.#map = map;
  }

  u32(key: string): number {
    return this.#uint(key, U32_MAX);
  }
  u16(key: string): number {
    return this.#uint(key, U16_MAX);
  }
  boolean(key: string): boolean {
    return this.#map.get(key) === true;
  }

  /** A copy, so that a kept field does not keep its whole packet. */
  bytes(key: string): Uint8Array {
    const value = this.#map.get(key) ?? NONE;
    if (!(value instanceof Uint8Array)) throw new WireError("malformed", `${key} is not bytes`);
    return value.length === 0 ? NONE : Uint8Array.from(value);
  }

  meta(key: string): Uint8Array {
    const meta = this.bytes(key);
    if (meta.length > META_BYTES_MAX) throw new WireError("tooLarge", `metadata of ${meta.length} bytes`);
    return meta;
  }

  /** A member's name, possibly empty. */
  name(key: string): string {
    const bytes = this.bytes(key);
    if (bytes.length > NAME_BYTES_MAX) throw new WireError("tooLarge", `a name of ${bytes.length} bytes`);
    return Buffer.from(bytes).toString("utf8");
  }

  someName(key: string): string {
    const name = this.name(key);
    if (name === "") throw new WireError("malformed", `${key} is empty`);
    return name;
  }

  text(key: string): string {
    return Buffer.from(this.bytes(key)).toString("utf8");
  }

  #uint(key: string, max: number): number {
    const value = this.#map.get(key) ?? 0;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
      throw new WireError("malformed", `${key} is no number of 0..${max}`);
    }
    return value;
  }
}
