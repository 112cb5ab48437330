/** Bytes of requests that are being read, in all and per caller. */
export class ReadBudget {
  readonly #totalMax: number;
  readonly #eachMax: number;
  readonly #of = new Map<string, number>();
  #total = 0;

  constructor(totalMax: number, eachMax: number) {
    this.#totalMax = totalMax;
    this.#eachMax = eachMax;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Records that a caller holds more bytes, or fewer. False when it, or all together, now hold too many; they are
   * counted anyway.
   */
  change(caller: string, bytes: number): boolean {
    this.#total += bytes;
    const own = (this.#of.get(caller) ?? 0) + bytes;
    if (own === 0) this.#of.delete(caller);
    else this.#of.set(caller, own);
    return this.#total <= this.#totalMax && own <= this.#eachMax;
  }
}
