import { compareInstants } from "../../shared/log-cursor.ts";
import type { LinePart } from "../../shared/logs/line-joiner.ts";

/** So many more than wanted are held before the oldest are dropped, so that not each line costs a sort. */
const SLACK = 5_000;

/** The last lines of all tasks together, by time, of many that come from hosts in any order. */
export class LastLines {
  readonly #count: number;
  #held: LinePart[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  add(part: LinePart): void {
    this.#held.push(part);
    if (this.#held.length > 2 * this.#count + SLACK) this.#held = [...this.#last()];
  }

  /** In order of time; lines of one instant in the order in which they came. */
  take(): readonly LinePart[] {
    const last = this.#last();
    this.#held = [];
    return last;
  }

  #last(): readonly LinePart[] {
    if (this.#count === 0) return [];
    return this.#held.toSorted((a, b) => compareInstants(a.line, b.line)).slice(-this.#count);
  }
}
