/** Values of which only the first in order matters. Values must not change their order while they are in it. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #values: T[] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get first(): T | undefined {
    return this.#values[0];
  }

  push(value: T): void {
    let at = this.#values.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#compare(this.#at(parent), value) <= 0) break;
      this.#values[at] = this.#at(parent);
      at = parent;
    }
    this.#values[at] = value;
  }

  pop(): T | undefined {
    const first = this.#values[0];
    const last = this.#values.pop();
    if (this.#values.length > 0 && last !== undefined) this.#sink(last);
    return first;
  }

  #sink(value: T): void {
    const { length } = this.#values;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && this.#compare(this.#at(child + 1), this.#at(child)) < 0) child++;
      if (this.#compare(value, this.#at(child)) <= 0) break;
      this.#values[at] = this.#at(child);
      at = child;
    }
    this.#values[at] = value;
  }

  #at(at: number): T {
    return this.#values[at] as T;
  }
}
