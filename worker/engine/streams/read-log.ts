import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { ContainerLogLine, ReadLogRequest, ReadLogResponse } from "../../../shared/rpc/gen/streams.ts";
import type { CallContext, Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import type { LogEntry } from "../../ports/task-executor.ts";
import type { AttachParts } from "./attach.ts";

export interface ReadLogParts extends Pick<AttachParts, "attachTarget" | "logsOf"> {
  readonly clock: Clock;
  /** Whether a container has a log at all. */
  readonly hasLog: (key: ContainerKey) => boolean;
}

/** Lines go together in messages of about this size. */
const MESSAGE_BYTES = 32 << 10;
/** How long a line may wait for others, which nobody notices. */
const GATHER_MS = 5;

/**
 * A container's log, from its files: a caller that reads slowly holds up nobody, and hears how much was gone before it
 * could be read.
 */
export async function readLog(
  { attachTarget, logsOf, hasLog, clock }: ReadLogParts,
  { container, follow, tail, sinceMs, untilMs }: ReadLogRequest,
  { signal }: CallContext,
  send: Send<Sendable<ReadLogResponse>>,
): Promise<void> {
  const { key, name } = await attachTarget(container);
  if (!hasLog(key)) {
    // The words in parentheses are dockerd's, which its clients look for.
    const sentence = `container ${name} keeps no log: its log driver is none`;
    throw new SwarmError("unimplemented", `${sentence} (configured logging driver does not support reading)`);
  }
  const gathered = new Gathered(clock, send);
  using _timer = { [Symbol.dispose]: () => gathered.rest() };
  const notices = {
    onMissed: (files: number) => gathered.miss(files),
    onCaughtUp: () => gathered.tellCaughtUp(),
  };
  for await (const entry of logsOf(key, { follow, tail, sinceMs, untilMs }, signal, notices)) await gathered.add(entry);
  await gathered.flush();
}

/** Lines on their way to the caller, many in a message. */
class Gathered {
  readonly #clock: Clock;
  readonly #send: Send<Sendable<ReadLogResponse>>;
  #lines: Sendable<ContainerLogLine>[] = [];
  #bytes = 0;
  #missedFiles = 0;
  #isCaughtUp = false;
  #timer: Disposable | null = null;
  #sending: Promise<void> = Promise.resolve();

  constructor(clock: Clock, send: Send<Sendable<ReadLogResponse>>) {
    this.#clock = clock;
    this.#send = send;
  }

  async add(entry: LogEntry): Promise<void> {
    this.#lines.push(lineOf(entry));
    this.#bytes += entry.text.length;
    if (this.#bytes >= MESSAGE_BYTES) await this.flush();
    else this.#flushSoon();
  }

  miss(files: number): void {
    this.#missedFiles += files;
    this.#flushSoon();
  }

  tellCaughtUp(): void {
    this.#isCaughtUp = true;
    this.#flushSoon();
  }

  /** Resolves when the caller takes more. */
  flush(): Promise<void> {
    this.rest();
    const message = { lines: this.#lines, missedFiles: this.#missedFiles, caughtUp: this.#isCaughtUp };
    if (message.lines.length > 0 || message.missedFiles > 0 || message.caughtUp) {
      this.#sending = this.#sending.then(() => this.#send(message));
    }
    this.#lines = [];
    this.#bytes = 0;
    this.#missedFiles = 0;
    this.#isCaughtUp = false;
    return this.#sending;
  }

  rest(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #flushSoon(): void {
    this.#timer ??= this.#clock.schedule(GATHER_MS, "read log: gather lines", () => {
      this.#timer = null;
      // A caller that has gone shows at the next line, or by the signal.
      this.flush().catch(() => {});
    });
  }
}

function lineOf({ timestampMs, nanos, stream, text, partial }: LogEntry): Sendable<ContainerLogLine> {
  return { timestampMs, nanos, stream, text: Buffer.from(text), partial };
}
