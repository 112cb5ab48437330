import { SwarmError } from "../../shared/errors.ts";
import type { Cli, Console, Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { execStart, runExec } from "../stream/exec.ts";
import { engineOf } from "../stream/place.ts";
import { type RunningTask, runningTasksOf } from "../stream/service-tasks.ts";
import type { SERVICE_EXEC_OPTIONS } from "./options.ts";

/** A line of output longer than this is printed in parts. */
const LINE_BYTES_MAX = 64 * 1024;
const NEWLINE = 0x0a;

/** Runs a command in the first running task, or in all of them at the same time, with each line's task before it. */
export const run: Run<typeof SERVICE_EXEC_OPTIONS> = async (cli, [ref = "", ...args], flags) => {
  const tasks = await runningTasksOf(cli, ref);
  if (tasks === null) throw new SwarmError("notFound", `no such service: ${ref}`);
  const [first] = tasks;
  if (first === undefined) throw new SwarmError("failedPrecondition", `service ${ref} has no running task`);
  const start = execStart(cli, args, flags);
  if (!flags.is("all")) {
    await runExec(cli, start, { ...placeOfTask(first), keys: flags.text("detachKeys") });
    return;
  }
  if (start.tty || start.attachStdin === true) {
    throw new SwarmError("invalidArgument", "--all goes without --interactive and --tty: there is one terminal");
  }
  const terminal = await cli.openConsole();
  const codes = await Promise.all(tasks.map((task) => runIn(cli, task, start, terminal)));
  const worst = Math.max(...codes);
  if (worst === 0) return;
  for (const code of new Set(codes.filter((each) => each > 0))) {
    const names = tasks.filter((_, at) => codes[at] === code).map(nameOf);
    cli.output.warn(`exit code ${code}: ${names.join(", ")}`);
  }
  throw new ExitStatus(worst);
};

const nameOf = ({ name, hostname }: RunningTask): string => `${name}@${hostname}`;

function placeOfTask({ nodeId, taskId, hostname }: RunningTask) {
  return { place: { target: { kind: "node", nodeId } as const, container: taskId, hostname } };
}

/** Resolves with the exit code; 1 when it could not be run, which is then said. */
async function runIn(
  cli: Cli,
  task: RunningTask,
  start: ReturnType<typeof execStart>,
  terminal: Console,
): Promise<number> {
  const prefix = `${nameOf(task)} | `;
  const out = new PrefixedLines(prefix, (bytes) => terminal.write("out", bytes));
  const err = new PrefixedLines(prefix, (bytes) => terminal.write("err", bytes));
  try {
    await using engine = await engineOf(cli, placeOfTask(task).place);
    const call = engine.streams.exec({ signal: cli.signal });
    await call.send({ start: { ...start, container: task.taskId } });
    for await (const output of call.messages) {
      if (output.stdout) await out.push(output.stdout);
      else if (output.stderr) await err.push(output.stderr);
      else if (output.exit) {
        const { exitCode, complaint } = output.exit;
        if (complaint !== "") await err.push(Buffer.from(`${complaint}\n`));
        await Promise.all([out.flush(), err.flush()]);
        return exitCode;
      }
    }
    throw new SwarmError("unavailable", "its host ended the call without telling an exit code");
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    await out.flush();
    await err.push(Buffer.from(`${error.message}\n`));
    return 1;
  }
}

/** Whole lines, each with the same words before it. */
class PrefixedLines {
  readonly #prefix: string;
  readonly #write: (bytes: Buffer) => Promise<void>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(prefix: string, write: (bytes: Buffer) => Promise<void>) {
    this.#prefix = prefix;
    this.#write = write;
  }

  async push(bytes: Buffer): Promise<void> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let end = this.#rest.indexOf(NEWLINE); end !== -1; end = this.#rest.indexOf(NEWLINE)) {
      await this.#write(Buffer.concat([Buffer.from(this.#prefix), this.#rest.subarray(0, end + 1)]));
      this.#rest = this.#rest.subarray(end + 1);
    }
    if (this.#rest.length > LINE_BYTES_MAX) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#rest.length === 0) return;
    await this.#write(Buffer.concat([Buffer.from(this.#prefix), this.#rest, Buffer.from("\n")]));
    this.#rest = Buffer.alloc(0);
  }
}
