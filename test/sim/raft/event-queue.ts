interface Scheduled {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** What is to happen, in order of (time, call): a binary heap. Time is a number of simulated milliseconds. */
export class EventQueue {
  now = 0;
  /** How many things have taken place. */
  steps = 0;
  readonly #heap: Scheduled[] = [];
  #sequence = 0;

  schedule(delay: number, run: () => void): void {
    const event = { at: this.now + delay, sequence: this.#sequence++, run };
    let at = this.#heap.length;
    this.#heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, this.#heap[parent] as Scheduled)) break;
      this.#heap[at] = this.#heap[parent] as Scheduled;
      at = parent;
    }
    this.#heap[at] = event;
  }

  /** Lets the next thing happen, if it is due by `until`; returns whether there was one. */
  runNext(until: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.at > until) return false;
    this.now = next.at;
    this.steps++;
    this.#removeFirst();
    next.run();
    return true;
  }

  #removeFirst(): void {
    const last = this.#heap.pop() as Scheduled;
    if (this.#heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      const right = this.#heap[child + 1];
      if (right !== undefined && isBefore(right, this.#heap[child] as Scheduled)) child++;
      if (!isBefore(this.#heap[child] as Scheduled, last)) break;
      this.#heap[at] = this.#heap[child] as Scheduled;
      at = child;
    }
    this.#heap[at] = last;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
