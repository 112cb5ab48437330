/**
 * How well this member itself is doing: 0 = fine. Raised by what only trouble of our own explains (missing nacks,
 * having to refute, a late tick), lowered by every successful probe (Lifeguard, local health multiplier).
 */
export class Awareness {
  readonly #max: number;
  #score = 0;

  /** The score stays below `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  get score(): number {
    return this.#score;
  }

  add(delta: number): void {
    this.#score = Math.min(this.#max - 1, Math.max(0, this.#score + delta));
  }
}
