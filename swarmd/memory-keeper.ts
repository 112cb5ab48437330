import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { Clock, InstantMs } from "../shared/ports/clock.ts";
import type { OwnMemory } from "./ports/own-memory.ts";

export const LOOK_MS = 5_000;
/** Part of a core: whoever computes more has others waiting for it, and its engine collects often enough by itself. */
export const CALM_PART = 0.1;
/** On a host whose processors do not suffice, a look comes later than this, and a collection would make it worse. */
export const LATE_MS = 20;
/** What the heap has grown by, above which collections are worth half a second of processor time. */
export const WORTH_BYTES = 12 << 20;
/** The first marks what is garbage; the next ones move what is left together, so that whole pages are free. */
export const COLLECTIONS = 4;

/**
 * Gives memory back that a burst of work has left. The engine waits with its first collection until the heap has
 * doubled, and the allocator keeps what is freed between pieces that are in use: both for hours on a daemon that rests.
 */
export class MemoryKeeper implements Disposable {
  readonly #memory: OwnMemory;
  readonly #clock: Clock;
  readonly #log: Logger;
  #timer: Disposable;
  #lookedAt: InstantMs;
  #usedMs: number;
  /** Least that the heap took since something was given back. */
  #leastBytes = 0;
  /** Of those that are under way, one at each look. */
  #collections = 0;

  constructor(memory: OwnMemory, clock: Clock, log: Logger) {
    this.#memory = memory;
    this.#clock = clock;
    this.#log = log;
    this.#lookedAt = clock.now();
    this.#usedMs = memory.processorMs();
    this.#timer = this.#next();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #next(): Disposable {
    return this.#clock.schedule(LOOK_MS, "memory: give back", () => {
      this.#timer = this.#next();
      this.#look();
    });
  }

  #look(): void {
    const heapBytes = this.#memory.heapBytes();
    this.#leastBytes = Math.min(this.#leastBytes, heapBytes);
    if (!this.#isCalm()) {
      this.#collections = 0;
    } else if (this.#collections === COLLECTIONS) {
      this.#collections = 0;
      this.#leastBytes = heapBytes;
      this.#memory.trim();
    } else if (this.#collections > 0 || heapBytes - this.#leastBytes >= WORTH_BYTES) {
      this.#collections++;
      this.#memory.collect().catch((error: unknown) => {
        this.#log.debug("the engine did not collect its garbage", { error: messageOf(error) });
      });
    }
  }

  #isCalm(): boolean {
    const nowMs = this.#clock.now();
    const passedMs = nowMs - this.#lookedAt;
    const usedMs = this.#memory.processorMs();
    const isCalm = passedMs <= LOOK_MS + LATE_MS && usedMs - this.#usedMs < CALM_PART * passedMs;
    this.#lookedAt = nowMs;
    this.#usedMs = usedMs;
    return isCalm;
  }
}
