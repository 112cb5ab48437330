import { SwarmError } from "../../shared/errors.ts";
import { containerDetails } from "../../shared/logs/log-details.ts";
import { logTimestamp } from "../../shared/logs/log-timestamp.ts";
import type { ContainerLogLine } from "../../shared/rpc/gen/streams.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import { parseSince, parseUntil } from "../../shared/run-text/instant.ts";
import type { Cli, Run } from "../cli.ts";
import type { CONTAINER_LOGS_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

/** What a container wrote, each output to its own. Of a service there is `service logs`. */
export const run: Run<typeof CONTAINER_LOGS_OPTIONS> = async (cli, [ref = ""], flags) => {
  const nowMs = cli.clock.wallNow();
  const [since, until] = [flags.text("since"), flags.text("until")];
  const query = {
    follow: flags.is("follow"),
    tail: flags.text("tail") === "all" ? -1 : (flags.whole("tail") ?? -1),
    sinceMs: since === undefined ? 0 : parseSince(since, nowMs),
    untilMs: until === undefined ? 0 : parseUntil(until, nowMs),
  };
  const place = await placeOf(cli, ref, flags.text("node"));
  await using engine = await engineOf(cli, place);
  const details = flags.is("details") ? await detailsOf(engine, place.container, cli.signal) : "";
  const printer = new LinePrinter(cli, { withTime: flags.is("timestamps"), details });
  try {
    const messages = engine.streams.readLog({ container: place.container, ...query }, { signal: cli.signal });
    for await (const { lines, missedFiles } of messages) {
      if (missedFiles > 0) {
        const files = missedFiles === 1 ? "one file" : `${missedFiles} files`;
        cli.output.warn(`swarmctl: lines are missing: ${files} of the log went before they could be read`);
      }
      for (const line of lines) printer.print(line);
      await cli.output.room(cli.signal);
    }
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!cli.signal.aborted || !(error instanceof SwarmError)) throw error;
  }
};

/** A blank parts them from the line, also where there are none, as Docker has it. */
async function detailsOf({ containers }: HostServices, ref: string, signal: AbortSignal): Promise<string> {
  const { container } = await containers.inspect({ ref, sizes: false }, { signal });
  return containerDetails(container) || " ";
}

/** Puts a time and details before each line, and not before the further pieces of a long one. */
class LinePrinter {
  readonly #cli: Cli;
  readonly #withTime: boolean;
  readonly #details: string;
  /** Outputs whose last line has not ended. */
  readonly #open = new Set<ContainerLogLine["stream"]>();

  constructor(cli: Cli, { withTime, details }: { readonly withTime: boolean; readonly details: string }) {
    this.#cli = cli;
    this.#withTime = withTime;
    this.#details = details;
  }

  print(line: ContainerLogLine): void {
    const time = this.#withTime ? `${logTimestamp(line)} ` : "";
    const prefix = this.#open.has(line.stream) ? "" : `${time}${this.#details}`;
    if (line.partial) this.#open.add(line.stream);
    else this.#open.delete(line.stream);
    this.#cli.output.logLine(line.stream === "STDERR" ? "err" : "out", prefix, [line.text], line.partial ? "" : "\n");
  }
}
