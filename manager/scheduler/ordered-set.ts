/** A chunk that grows beyond this is divided: inserting moves at most so many values. */
const CHUNK_MAX = 128;

/**
 * Values in order, added and deleted often, read from the front. A change costs a search and a short move, however many
 * there are. Values never change while they are in it: who wants to move one deletes it and adds another.
 */
export class OrderedSet<T> {
  readonly #compare: (a: T, b: T) => number;
  /** None is empty but the only one. */
  readonly #chunks: T[][] = [[]];
  #size = 0;
  /** Of changes, so that a cursor knows when its place may have moved. */
  #changes = 0;

  /** `compare` tells any two different values apart. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  get last(): T | undefined {
    return this.#chunks.at(-1)?.at(-1);
  }

  /** Adds a value that is not in it. */
  add(value: T): void {
    const at = this.#chunkFor(value);
    const chunk = this.#chunk(at);
    chunk.splice(this.#placeIn(chunk, value), 0, value);
    if (chunk.length > CHUNK_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX / 2));
    this.#size++;
    this.#changes++;
  }

  /** @returns whether it was there. */
  delete(value: T): boolean {
    const at = this.#chunkFor(value);
    const chunk = this.#chunk(at);
    const place = this.#placeIn(chunk, value);
    const present = chunk[place];
    if (present === undefined || this.#compare(present, value) !== 0) return false;
    chunk.splice(place, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
    this.#size--;
    this.#changes++;
    return true;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /**
   * Goes through the values in order. The set may change meanwhile: the next value is always the first one behind the
   * last.
   */
  cursor(): () => T | undefined {
    let [at, place, changes] = [0, 0, this.#changes];
    let last: T | undefined;
    return () => {
      if (changes !== this.#changes && last !== undefined) {
        at = this.#chunkFor(last);
        place = this.#placeIn(this.#chunk(at), last);
        const present = this.#chunk(at)[place];
        if (present !== undefined && this.#compare(present, last) === 0) place++;
      }
      changes = this.#changes;
      if (place >= this.#chunk(at).length && at + 1 < this.#chunks.length) [at, place] = [at + 1, 0];
      const value = this.#chunk(at)[place];
      if (value === undefined) return undefined;
      place++;
      last = value;
      return value;
    };
  }

  /** Of the chunk in which the value is, or would be. */
  #chunkFor(value: T): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#chunk(middle).at(-1) as T, value) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeIn(chunk: readonly T[], value: T): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(chunk[middle] as T, value) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #chunk(at: number): T[] {
    return this.#chunks[at] as T[];
  }
}
