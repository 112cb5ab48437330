import { isNewSince, LogCursor } from "../../shared/log-cursor.ts";
import { LineJoiner, type LinePart } from "../../shared/logs/line-joiner.ts";
import { LOGS_AGAIN_MS, LogBreaks } from "../../shared/logs/log-breaks.ts";
import { LogNameBook } from "../../shared/logs/log-names.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { SubscribeLogsRequest, SubscribeLogsResponse } from "../../shared/rpc/gen/logs.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { parseSince, parseUntil } from "../../shared/run-text/instant.ts";
import type { Cli, Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import { LastLines } from "./last-lines.ts";
import { type LogLineOptions, logPrefix } from "./log-lines.ts";
import type { LOGS_OPTIONS } from "./options.ts";

/** Managers say within 5 s that all has come that was there; earlier ones never did. */
const HELD_MS_MAX = 8_000;
/** For the last lines of a task that has ended: a host that does not answer is given up by then. */
const REST_MS_MAX = 15_000;
const RAW: PrintOptions = {
  to: undefined,
  timestamps: false,
  details: false,
  raw: true,
  wholeIds: false,
  taskIds: false,
  plainIds: true,
};

interface LogQuery {
  readonly follow: boolean;
  /** Lines from the end, of all tasks together; negative = all. */
  readonly tail: number;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export const run: Run<typeof LOGS_OPTIONS> = (cli, args, flags) => printLogs(cli, args[0] ?? "", flags);

/**
 * The logs of a service or a task, until they end or the person presses Ctrl-C. `to`: all of it goes there, whichever
 * stream the container wrote it to, with its control characters made visible.
 */
export async function printLogs(
  cli: Cli,
  ref: string,
  flags: Flags<OptionName<typeof LOGS_OPTIONS>>,
  { to }: { readonly to?: "err" } = {},
): Promise<void> {
  const startedMs = cli.clock.wallNow();
  const tail = flags.text("tail") === "all" ? -1 : (flags.whole("tail") ?? -1);
  const [since, until] = [flags.text("since"), flags.text("until")];
  const asked: LogQuery = {
    follow: flags.is("follow"),
    tail,
    sinceMs: since === undefined ? 0 : parseSince(since, startedMs),
    untilMs: until === undefined ? 0 : parseUntil(until, startedMs),
  };
  const logs = await cli.api.logs();
  const printer = new LogPrinter(cli, ref, { ...lineOptions(flags), to }, tail);
  using _rest = { [Symbol.dispose]: () => printer.end() };
  using _late = cli.clock.schedule(HELD_MS_MAX, "logs: held lines", () => printer.release());
  let request: Sendable<SubscribeLogsRequest> = { ref, options: asked };
  const breaks = new LogBreaks();
  for (;;) {
    let hasCome = false;
    try {
      for await (const message of logs.subscribe(request, { signal: cli.signal })) {
        await printer.take(message);
        await cli.output.room(cli.signal);
        hasCome = true;
      }
      return;
    } catch (error) {
      // Ctrl-C is how following ends.
      if (cli.signal.aborted) return;
      const isFirst = request.resume === undefined && !hasCome;
      if (!asked.follow || isFirst || !breaks.passes(error, hasCome)) throw error;
    }
    // Of logs that gave none of the last lines, what was said since we began is new.
    const resume = printer.onBreak();
    const quiet = tail < 0 ? asked : { ...asked, tail: -1, sinceMs: Math.max(asked.sinceMs, startedMs) };
    request = { ref, options: printer.isHolding ? asked : quiet, resume };
    await sleep(cli.clock, LOGS_AGAIN_MS, "logs: follow again", cli.signal).catch(() => {});
  }
}

interface PrintOptions extends LogLineOptions {
  readonly to: "err" | undefined;
}

/**
 * What a service's tasks write, byte by byte and without names, until it is said to be over; then the rest of it.
 * Breaks are mended without a word for as long as it is not.
 */
export async function printOutput(cli: Cli, ref: string, over: AbortSignal): Promise<void> {
  const printer = new LogPrinter(cli, ref, RAW, -1);
  using _rest = { [Symbol.dispose]: () => printer.end() };
  const logs = await cli.api.logs();
  const options = { follow: true, tail: -1, sinceMs: 0, untilMs: 0 };
  const breaks = new LogBreaks();
  while (!over.aborted) {
    const resume = printer.onBreak();
    let hasCome = false;
    try {
      for await (const message of logs.subscribe({ ref, options, resume }, { signal: over })) {
        await printer.take(message);
        await cli.output.room(over);
        hasCome = true;
      }
    } catch (error) {
      if (!over.aborted && !breaks.passes(error, hasCome)) throw error;
    }
    await sleep(cli.clock, LOGS_AGAIN_MS, "output: follow again", over).catch(() => {});
  }
  const resume = printer.onBreak();
  const rest = logs.subscribe({ ref, options: { ...options, follow: false }, resume }, { timeoutMs: REST_MS_MAX });
  for await (const message of rest) {
    await printer.take(message);
    await cli.output.room(cli.signal);
  }
}

/** Prints each line once, with its names; holds the last ones until all have come that were there. */
class LogPrinter {
  readonly #cli: Cli;
  readonly #options: PrintOptions;
  readonly #names: LogNameBook;
  readonly #joiner = new LineJoiner();
  readonly #cursor = new LogCursor();
  readonly #tail: number;
  #resumedFrom = this.#cursor.positions();
  /** null = lines are printed as they come. */
  #last: LastLines | null;

  constructor(cli: Cli, ref: string, options: PrintOptions, tail: number) {
    this.#cli = cli;
    this.#options = options;
    this.#names = new LogNameBook({ control: () => cli.api.control(), signal: cli.signal }, ref);
    this.#tail = tail;
    this.#last = tail < 0 ? null : new LastLines(tail);
  }

  get isHolding(): boolean {
    return this.#last !== null;
  }

  async take({ lines, errors, caughtUp }: SubscribeLogsResponse): Promise<void> {
    for (const error of errors) this.#cli.output.warn(`Warning: ${error}`);
    const own = lines.filter((line) => isNewSince(this.#resumedFrom, line));
    if (!this.#options.raw || this.#options.details) await this.#names.learn(own.map(({ taskId }) => taskId));
    for (const line of own) {
      this.#cursor.take(line);
      for (const part of this.#joiner.push(line)) this.#onPart(part);
    }
    if (caughtUp) this.release();
  }

  /** Prints what was held. */
  release(): void {
    const parts = this.#last?.take() ?? [];
    this.#last = null;
    for (const part of parts) this.#print(part);
  }

  /** How far each log was read; nothing if what came was only held. */
  onBreak(): Sendable<SubscribeLogsRequest>["resume"] & object {
    if (this.#last !== null) {
      this.#last = new LastLines(this.#tail);
      this.#joiner.flush();
      return [];
    }
    this.#resumedFrom = this.#cursor.positions();
    return [...this.#resumedFrom.values()];
  }

  end(): void {
    for (const part of this.#joiner.flush()) this.#onPart(part);
    this.release();
  }

  #onPart(part: LinePart): void {
    if (this.#last === null) this.#print(part);
    else this.#last.add(part);
  }

  #print({ line, texts, begins, ends }: LinePart): void {
    const { raw, to } = this.#options;
    // The empty rest of a line that was printed in parts.
    if (!raw && !begins && texts.every(({ length }) => length === 0)) return;
    const prefix = raw && !begins ? "" : logPrefix(line, this.#names, this.#options);
    // Raw output is what the container wrote, byte for byte: no line end is added.
    if (to === undefined) {
      this.#cli.output.logLine(line.stream === "STDERR" ? "err" : "out", prefix, texts, ends || !raw ? "\n" : "");
      return;
    }
    // Among our own sentences, what a container wrote must not pass for one of them, nor steer the terminal.
    this.#cli.output.warn(`${prefix}${Buffer.concat(texts).toString("utf8")}`);
  }
}

function lineOptions(flags: Flags): LogLineOptions {
  return {
    timestamps: flags.is("timestamps"),
    details: flags.is("details"),
    raw: flags.is("raw"),
    wholeIds: flags.is("noTrunc"),
    taskIds: !flags.is("noTaskIds"),
    plainIds: flags.is("noResolve"),
  };
}
