import { Bell } from "../../shared/bell.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { OutputStream } from "../ports/monitor-connection.ts";

/** What somebody who is attached gets, in the order in which the container wrote it. */
export type OutputPiece =
  | { readonly kind: OutputStream; readonly bytes: Buffer }
  /** So many bytes are missing here: they came faster than they were taken. */
  | { readonly kind: "missed"; readonly bytesMissed: number };

/** What waits for somebody who is attached: a second of a fast container. */
export const QUEUE_BYTES_MAX = 1 << 20;
/**
 * How long somebody may hold a container back without taking anything: a person pages through the output, a disk is
 * slow. After that the container is worth more.
 */
export const HOLD_MS_MAX = 60_000;
/** Pieces are given together up to this size, which fits one message. */
const PIECE_BYTES_MAX = 64 << 10;

interface QueueOptions {
  /** When it is full, the container is held back rather than anything missed. */
  readonly holds: boolean;
  readonly clock: Clock;
  /** Whether the container must wait may have changed. */
  readonly onHold: () => void;
}

/** Output of a container on its way to one who is attached, however slowly that one reads. */
export class OutputQueue {
  readonly #options: QueueOptions;
  readonly #filled = new Bell();
  readonly #pieces: { readonly kind: OutputStream; readonly bytes: Buffer }[] = [];
  #bytes = 0;
  /** Bytes that were left out after the last piece. */
  #missed = 0;
  #isEnded = false;
  #failure: SwarmError | null = null;
  #patience: Disposable | null = null;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Whether the container must not write more now. */
  get isHolding(): boolean {
    return this.#patience !== null;
  }

  push(kind: OutputStream, bytes: Buffer): void {
    if (this.#isEnded) return;
    if (!this.#options.holds && (this.#missed > 0 || this.#bytes + bytes.length > QUEUE_BYTES_MAX)) {
      this.#missed += bytes.length;
      return;
    }
    this.#pieces.push({ kind, bytes });
    this.#bytes += bytes.length;
    this.#filled.ring();
    if (this.#options.holds && this.#bytes >= QUEUE_BYTES_MAX) this.#hold();
  }

  /** Nothing more will come. */
  end(): void {
    this.#isEnded = true;
    this.#letGo();
    this.#filled.ring();
  }

  /** The next piece; null = the container has ended. @throws SwarmError resourceExhausted; the signal's reason. */
  async take(signal: AbortSignal): Promise<OutputPiece | null> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const piece = this.#next();
      if (piece !== null) return piece;
      if (this.#isEnded) return null;
      await this.#filled.next(signal);
    }
  }

  #next(): OutputPiece | null {
    const first = this.#pieces.shift();
    if (first === undefined) {
      const bytesMissed = this.#missed;
      this.#missed = 0;
      return bytesMissed === 0 ? null : { kind: "missed", bytesMissed };
    }
    const together = [first.bytes];
    let size = first.bytes.length;
    for (let next = this.#pieces[0]; next?.kind === first.kind; next = this.#pieces[0]) {
      if (size + next.bytes.length > PIECE_BYTES_MAX) break;
      together.push(next.bytes);
      size += next.bytes.length;
      this.#pieces.shift();
    }
    this.#bytes -= size;
    this.#letGo();
    // Somebody still takes something: the time begins anew.
    if (this.#options.holds && this.#bytes >= QUEUE_BYTES_MAX) this.#hold();
    return { kind: first.kind, bytes: together.length === 1 ? first.bytes : Buffer.concat(together) };
  }

  #hold(): void {
    if (this.#patience !== null || this.#isEnded) return;
    this.#patience = this.#options.clock.schedule(HOLD_MS_MAX, "attach: nothing is taken", () => {
      const seconds = HOLD_MS_MAX / 1_000;
      this.#failure = new SwarmError(
        "resourceExhausted",
        `nothing of the container's output was taken for ${seconds} s, and it was held back: it goes on without you`,
      );
      this.#pieces.length = 0;
      this.end();
    });
    this.#options.onHold();
  }

  #letGo(): void {
    if (this.#patience === null) return;
    this.#patience[Symbol.dispose]();
    this.#patience = null;
    this.#options.onHold();
  }
}
