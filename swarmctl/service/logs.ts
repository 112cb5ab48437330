import { isRetryable } from "../../shared/errors.ts";
import { isNewSince, LogCursor } from "../../shared/log-cursor.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { SubscribeLogsResponse } from "../../shared/rpc/gen/logs.ts";
import type { Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { parseSince } from "../parse/since.ts";
import { LineJoiner, type LinePart } from "./line-joiner.ts";
import { type LogLineOptions, logPrefix } from "./log-lines.ts";
import { LogNameBook } from "./log-names.ts";
import type { LOGS_OPTIONS } from "./options.ts";

type LogQuery = { readonly follow: boolean; readonly tail: number; readonly sinceMs: number };

/** Breaks in a row, as around a change of leader, before we give up. */
const BREAKS_MAX = 30;
const AGAIN_MS = 300;
/** The greatest age of lines that were on their way when the leader was lost. */
const OVERLAP_MS = 15_000;

export const run: Run<typeof LOGS_OPTIONS> = async (cli, args, flags) => {
  const ref = args[0] ?? "";
  const options = lineOptions(flags);
  const tail = flags.text("tail") === "all" ? undefined : flags.whole("tail");
  const since = flags.text("since");
  const logs = await cli.api.logs();
  const startedMs = cli.clock.wallNow();
  const asked: LogQuery = {
    follow: flags.is("follow"),
    tail: tail ?? -1,
    sinceMs: since === undefined ? 0 : parseSince(since, startedMs),
  };
  const cursor = new LogCursor();
  let resumedFrom = cursor.positions();
  let query = asked;
  const names = new LogNameBook(cli, ref);
  const joiner = new LineJoiner();
  const onMessage = async ({ lines, errors }: SubscribeLogsResponse): Promise<void> => {
    for (const error of errors) cli.output.warn(`Warning: ${error}`);
    const own = lines.filter((line) => isNewSince(resumedFrom, line));
    if (!options.raw) await names.learn(own.map(({ taskId }) => taskId));
    for (const line of own) {
      cursor.take(line);
      for (const part of joiner.push(line)) print(part);
    }
  };
  const print = ({ line, texts, begins, ends }: LinePart): void => {
    // The empty rest of a line that was printed in parts.
    if (!options.raw && !begins && texts.every(({ length }) => length === 0)) return;
    const prefix = options.raw && !begins ? "" : logPrefix(line, names, options);
    // Raw output is what the container wrote, byte for byte: no line end is added.
    cli.output.logLine(line.stream === "STDERR" ? "err" : "out", prefix, texts, ends || !options.raw ? "\n" : "");
  };
  using _rest = {
    [Symbol.dispose]: () => {
      for (const part of joiner.flush()) print(part);
    },
  };
  for (let broken = 0; ; broken++) {
    let hasCome = false;
    try {
      for await (const message of logs.subscribe({ ref, options: query }, { signal: cli.signal })) {
        await onMessage(message);
        hasCome = true;
      }
      return;
    } catch (error) {
      // Ctrl-C is how following ends.
      if (cli.signal.aborted) return;
      if (hasCome) broken = 0;
      if (!asked.follow || !isRetryable(error) || broken > BREAKS_MAX || (query === asked && !hasCome)) throw error;
    }
    resumedFrom = cursor.positions();
    // Only what is new: of the reader's options, only the earliest line still counts.
    query = { ...asked, tail: -1, sinceMs: Math.max(asked.sinceMs, startedMs, cli.clock.wallNow() - OVERLAP_MS) };
    await sleep(cli.clock, AGAIN_MS, "logs: follow again", cli.signal).catch(() => {});
  }
};

function lineOptions(flags: Flags): LogLineOptions {
  return {
    timestamps: flags.is("timestamps"),
    raw: flags.is("raw"),
    wholeIds: flags.is("noTrunc"),
    taskIds: !flags.is("noTaskIds"),
    plainIds: flags.is("noResolve"),
  };
}
