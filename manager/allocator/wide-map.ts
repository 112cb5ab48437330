/** So many maps in one: each grows by itself, and for itself. */
const PARTS = 64;

/**
 * A map of very many entries. One map that has become too small copies all of its entries at once, which for a hundred
 * thousand takes the event loop several milliseconds; here a part of it does.
 */
export class WideMap<Value> {
  readonly #parts = Array.from({ length: PARTS }, () => new Map<string, Value>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    return this.#partOf(key).get(key);
  }

  set(key: string, value: Value): void {
    const part = this.#partOf(key);
    const before = part.size;
    part.set(key, value);
    this.#size += part.size - before;
  }

  delete(key: string): void {
    if (this.#partOf(key).delete(key)) this.#size--;
  }

  *values(): Generator<Value> {
    for (const part of this.#parts) yield* part.values();
  }

  #partOf(key: string): Map<string, Value> {
    let hash = 0;
    for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
    return this.#parts[hash & (PARTS - 1)] as Map<string, Value>;
  }
}
