import type { Cli, Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { formatLogLine, type LogLineOptions, type LogNames } from "../log-lines.ts";
import { nodesById } from "../names.ts";
import { parseSince } from "../parse/since.ts";

export const run: Run = async (cli, args, flags) => {
  const ref = args[0] ?? "";
  const options = lineOptions(flags);
  const tail = flags.text("tail") === "all" ? undefined : flags.whole("tail");
  const since = flags.text("since");
  const logs = await cli.api.logs();
  const request = {
    ref,
    options: {
      follow: flags.is("follow"),
      tail: tail ?? -1,
      sinceMs: since === undefined ? 0 : parseSince(since, cli.clock.wallNow()),
    },
  };
  let names: LogNames = { tasks: new Map(), nodes: new Map() };
  try {
    for await (const { lines, errors } of logs.subscribe(request, { signal: cli.signal })) {
      for (const error of errors) cli.output.warn(`Warning: ${error}`);
      // Tasks come and go while we follow: their names are fetched when the first line of one appears.
      if (!options.raw && lines.some(({ taskId }) => !names.tasks.has(taskId))) names = await fetchNames(cli, lines);
      for (const line of lines) {
        const text = formatLogLine(line, names, options);
        if (line.stream === "STDERR") cli.output.warn(text);
        else cli.output.line(text);
      }
    }
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!cli.signal.aborted) throw error;
  }
};

async function fetchNames(cli: Cli, lines: readonly { readonly taskId: string }[]): Promise<LogNames> {
  const control = await cli.api.control();
  const first = lines[0]?.taskId ?? "";
  const [nodes, service] = await Promise.all([
    nodesById(cli),
    control.getTask({ ref: first }, { signal: cli.signal }).then(
      ({ task }) => task?.serviceId ?? "",
      // The reaper may have removed it: its lines still have an id.
      () => "",
    ),
  ]);
  if (service === "") return { tasks: new Map(), nodes };
  const { tasks } = await control.listTasks({ services: [service] }, { signal: cli.signal });
  return { tasks: new Map(tasks.map((task) => [task.id, task])), nodes };
}

function lineOptions(flags: Flags): LogLineOptions {
  return {
    timestamps: flags.is("timestamps"),
    raw: flags.is("raw"),
    wholeIds: flags.is("noTrunc"),
    taskIds: !flags.is("noTaskIds"),
    plainIds: flags.is("noResolve"),
  };
}
