import { invariant } from "../../shared/invariant.ts";
import type { LogIndex } from "../ids.ts";

interface Inflight {
  /** The last entry of the message. */
  readonly index: LogIndex;
  readonly bytes: number;
}

/**
 * The window of appends sent to one peer and not yet acknowledged, bounded by count and by bytes.
 * The bytes bound is soft: the message that crosses it is still allowed, so that a large entry cannot wedge the peer.
 */
export class Inflights {
  readonly countMax: number;
  /** 0 = no bound. */
  readonly bytesMax: number;
  #window: Inflight[] = [];
  /** The window starts here in `#window`; everything before is free. Moved lazily so that freeing costs nothing. */
  #start = 0;
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.countMax = countMax;
    this.bytesMax = bytesMax;
  }

  get count(): number {
    return this.#window.length - this.#start;
  }

  isFull(): boolean {
    return this.count >= this.countMax || (this.bytesMax > 0 && this.#bytes >= this.bytesMax);
  }

  /** Notes a message. @throws InvariantError when the window is full. */
  add(index: LogIndex, bytes: number): void {
    invariant(!this.isFull(), "an append was sent into a full window");
    this.#window.push({ index, bytes });
    this.#bytes += bytes;
  }

  /** An acknowledgement up to `index` frees every message that ends there or before. */
  freeUpTo(index: LogIndex): void {
    while (this.#start < this.#window.length) {
      const oldest = this.#window[this.#start] as Inflight;
      if (oldest.index > index) break;
      this.#bytes -= oldest.bytes;
      this.#start++;
    }
    if (this.#start * 2 >= this.#window.length) {
      this.#window = this.#window.slice(this.#start);
      this.#start = 0;
    }
  }

  reset(): void {
    this.#window = [];
    this.#start = 0;
    this.#bytes = 0;
  }

  clone(): Inflights {
    const copy = new Inflights(this.countMax, this.bytesMax);
    copy.#window = this.#window.slice(this.#start);
    copy.#bytes = this.#bytes;
    return copy;
  }
}
