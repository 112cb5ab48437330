import type { InstantMs } from "../ports/clock.ts";
import { PROBES_UNANSWERED_MIN, type ProbeAnswer } from "./prober.ts";

/** How quickly attempts follow each other. */
export interface ProbePace {
  /** While nothing is certain. */
  readonly everyMs: number;
  /** After this many answers in a row the host is looked at less often. */
  readonly quickAnswers: number;
  /**
   * Between attempts on a host that answers. Each attempt waits in the accept queue of a daemon that hangs; when the
   * queue is full (511), the kernel stops answering and the host looks gone. So all hosts that probe it together must
   * be slow enough.
   */
  readonly answeredEveryMs: number;
  /** Between attempts once it is certain that none will be answered. */
  readonly unansweredEveryMs: number;
}

/** What connection attempts have shown about one silent host, and when the next is due. Pure bookkeeping. */
export class ProbeRecord {
  #lastStartMs: InstantMs = Number.NEGATIVE_INFINITY;
  /** Start of the newest attempt that was answered. */
  #answeredStartMs: InstantMs = Number.NEGATIVE_INFINITY;
  #answer: ProbeAnswer | null = null;
  #answers = 0;
  #unanswered = 0;
  readonly #pace: ProbePace;

  constructor(pace: ProbePace) {
    this.#pace = pace;
  }

  /** The newest answer; null = none. */
  get answer(): ProbeAnswer | null {
    return this.#answer;
  }

  /** Attempts without an answer since the last answered one. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether it is certain that nobody is there. */
  get isUnanswered(): boolean {
    return this.#unanswered >= PROBES_UNANSWERED_MIN;
  }

  /** Whether to look again. */
  isDue(nowMs: InstantMs): boolean {
    return nowMs - this.#lastStartMs >= this.#pauseMs();
  }

  #pauseMs(): number {
    const { everyMs, quickAnswers, answeredEveryMs, unansweredEveryMs } = this.#pace;
    if (this.isUnanswered) return unansweredEveryMs;
    return this.#unanswered === 0 && this.#answers > quickAnswers ? answeredEveryMs : everyMs;
  }

  begin(nowMs: InstantMs): void {
    this.#lastStartMs = nowMs;
  }

  /**
   * The outcome of the attempt begun at `startMs`. Attempts overlap, and one that gets no answer ends last: after a
   * cable was unplugged for a second, attempts begun during that second fail after a later one was answered, and must
   * not count.
   */
  onAnswer(startMs: InstantMs, answer: ProbeAnswer | "noAnswer" | "notTried"): void {
    if (answer === "notTried") return;
    if (answer === "noAnswer") {
      if (startMs <= this.#answeredStartMs) return;
      this.#unanswered++;
      this.#answers = 0;
      return;
    }
    this.#answers++;
    this.#answer = answer;
    this.#unanswered = 0;
    this.#answeredStartMs = Math.max(this.#answeredStartMs, startMs);
  }
}
