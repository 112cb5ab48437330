/** Of one UTF-16 unit in JSON: an escape such as \\u0000. */
const BYTES_OF_UNIT_MAX = 6;
/** Of a number, a truth value or null. */
const BYTES_OF_PLAIN_MAX = 25;
/** Of a byte of an array of bytes, which JSON writes as an object with a number as the key of each. */
const BYTES_OF_BYTE_MAX = 16;
/** Quotes, colon and comma around a key or a value. */
const SIGNS_MAX = 4;

/** The bytes of a value as JSON when they may be more than `bytesMax`; otherwise any number up to that. */
export function jsonBytes(value: unknown, bytesMax: number): number {
  const most = bytesAtMost(value, bytesMax);
  // Nearly everything is far smaller than its limit, and to say so costs a third of writing it.
  return most <= bytesMax ? most : Buffer.byteLength(JSON.stringify(value));
}

/** No less than the bytes of a value as JSON. Ends early when they are more than `enough`. */
function bytesAtMost(value: unknown, enough: number): number {
  if (typeof value === "string") return SIGNS_MAX + BYTES_OF_UNIT_MAX * value.length;
  if (typeof value !== "object" || value === null) return BYTES_OF_PLAIN_MAX;
  if (value instanceof Uint8Array) return BYTES_OF_BYTE_MAX * (value.length + SIGNS_MAX);
  let bytes = SIGNS_MAX;
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes += SIGNS_MAX + bytesAtMost(item, enough - bytes);
      if (bytes > enough) return bytes;
    }
    return bytes;
  }
  for (const key of Object.keys(value)) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    bytes += SIGNS_MAX + BYTES_OF_UNIT_MAX * key.length + bytesAtMost(inner, enough - bytes);
    if (bytes > enough) return bytes;
  }
  return bytes;
}
