import { SwarmError } from "../../../shared/errors.ts";
import { type Clock, sleep } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { ExecInput, ExecOutput, ExecStart, ProcessExit } from "../../../shared/rpc/gen/streams.ts";
import type { CallContext, Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { unlessAborted } from "../../../shared/unless-aborted.ts";
import type { ContainerLookup, KnownContainer } from "../../executor/container-lookup.ts";
import { killFamily } from "../../executor/kill-family.ts";
import { imageLines } from "../../images/image-lines.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { ProcessTable } from "../../ports/process-table.ts";
import type { ProgramLauncher, RunningProgram } from "../../ports/program-launcher.ts";
import type { RootedTrees } from "../../ports/rooted-tree.ts";
import type { OciProcess } from "../../runtime/oci-config.ts";
import { parseExact } from "../../runtime/oci-json.ts";
import type { OciRuntime } from "../../runtime/oci-runtime.ts";
import { type ContainerUser, resolveUser } from "../../runtime/users.ts";
import { neverBegan, startComplaint } from "./exec-complaint.ts";
import { execProcess, isSize } from "./exec-process.ts";
import type { OnUse } from "./use-event.ts";

/** What a process has written when it ended is still read; what others of the container go on writing there is not. */
const OUTPUT_AFTER_END_MS = 2_000;
/** How long a process whose caller has gone may take to end by itself, once it was told. */
const HANGUP_GRACE_MS = 2_000;
/** How long the runtime may take to start a process that is to be ended. */
const PID_WAIT_MS = 5_000;
const PID_POLL_MS = 10;
const SIGHUP = 1;
const EXEC_ID_BYTES = 32;
/** Characters of a command in events, which are kept by the thousand. */
const COMMAND_SHOWN_MAX = 1_000;

export interface ExecParts {
  readonly lookup: ContainerLookup;
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  readonly processes: ProcessTable;
  readonly runtime: OciRuntime;
  readonly launcher: ProgramLauncher;
  readonly hostCapabilities: ReadonlySet<string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onUse: OnUse;
}

/** It has ended, or was left to itself. */
type Outcome = Sendable<ProcessExit> | "detached";
type SendOutput = Send<Sendable<ExecOutput>>;

/** Where the runtime finds what to run, and leaves its notes. */
interface ExecPaths {
  readonly directory: string;
  readonly processFile: string;
  readonly pidFile: string;
  readonly logFile: string;
}

/**
 * Runs a further process in a container while its caller is there. When the caller goes, the process is hung up on, as
 * by a terminal that is closed, and killed if it stays: what nobody can see or end any more must not pile up.
 */
export async function exec(
  parts: ExecParts,
  messages: AsyncIterable<ExecInput>,
  context: CallContext,
  send: SendOutput,
): Promise<void> {
  const incoming = messages[Symbol.asyncIterator]();
  const { done, value } = await incoming.next();
  const start = done === true ? null : (value.start ?? null);
  if (start === null) throw new SwarmError("invalidArgument", "an exec begins with what to run");
  if (start.args.length === 0) throw new SwarmError("invalidArgument", "an exec needs a command");
  const container = await parts.lookup.findRunning(start.container);
  const execId = Buffer.from(parts.random.bytes(EXEC_ID_BYTES)).toString("hex");
  const paths = pathsOf(container, execId);
  await using resources = new AsyncDisposableStack();
  resources.defer(() => parts.files.remove(paths.directory));
  const asked = await askedUser(parts, container, start);
  if ("complaint" in asked) {
    await send({ started: { execId } });
    await send({ exit: asked });
    return;
  }
  const program = resources.use(await launch(parts, { container, user: asked.user }, start, paths));
  const running = new RunningExec(parts, program, paths);
  noteExec(parts, container, { start, execId, program });
  try {
    await send({ started: { execId } });
    // Nobody waits for it: the first bytes of a short process come before.
    running.tellPid(send);
    const outcome = await unlessAborted(
      start.detach ? running.begun() : running.converse(start, incoming, send),
      context.signal,
    );
    running.tellNoMore();
    if (outcome !== "detached") {
      await send({ exit: outcome });
      return;
    }
  } catch (error) {
    if (!start.outlives) {
      await running.end();
      throw error;
    }
    running.endInput();
  }
  // Its files and its terminal stay while it runs.
  const left = resources.move();
  void running.linger().finally(() => left.disposeAsync());
}

/** In Docker it is made and started by two calls. */
function noteExec({ onUse }: ExecParts, { key }: KnownContainer, { start, execId: execID, program }: NotedExec): void {
  const command = start.args.join(" ").slice(0, COMMAND_SHOWN_MAX);
  for (const what of ["exec_create", "exec_start"]) onUse(key, `${what}: ${command}`, { execID });
  void program.exit.then((exitCode) => onUse(key, "exec_die", { execID, exitCode: String(exitCode) }));
}

interface NotedExec {
  readonly start: ExecStart;
  readonly execId: string;
  readonly program: RunningProgram;
}

function pathsOf({ paths }: KnownContainer, execId: string): ExecPaths {
  const directory = `${paths.state}/execs/${execId}`;
  return {
    directory,
    processFile: `${directory}/process.json`,
    pidFile: `${directory}/pid`,
    logFile: `${directory}/log`,
  };
}

async function launch(
  { files, runtime, launcher, hostCapabilities }: ExecParts,
  { container, user }: { readonly container: KnownContainer; readonly user: ContainerUser | null },
  start: ExecStart,
  paths: ExecPaths,
): Promise<RunningProgram> {
  const text = await files.readText(container.paths.process);
  if (text === null) throw new SwarmError("failedPrecondition", `container ${container.name} is not running`);
  const process = execProcess(parseExact(text) as OciProcess, start, user, hostCapabilities);
  await files.makeDirectory(paths.directory, 0o700);
  await files.writeText(paths.processFile, JSON.stringify(process));
  const argvOf = (consoleSocket: string | null): [string, ...string[]] =>
    runtime.execCommand(container.key, { ...paths, consoleSocket });
  const size = start.size !== null && isSize(start.size) ? start.size : null;
  if (start.tty) return await launcher.launchWithTerminal(argvOf, size);
  const { attachStdin, attachStdout, attachStderr, detach } = start;
  const streams = { stdin: attachStdin, stdout: attachStdout, stderr: attachStderr };
  return launcher.launch(argvOf(null), detach ? { stdin: false, stdout: false, stderr: false } : streams);
}

/** Whom it runs as, null = as the container does; or why it cannot begin, which Docker, too, tells as its end. */
async function askedUser(
  parts: ExecParts,
  container: KnownContainer & { readonly pid: number },
  { user, workingDir }: ExecStart,
): Promise<{ readonly user: ContainerUser | null } | ProcessExit> {
  if (workingDir !== "" && !workingDir.startsWith("/")) {
    return neverBegan(`invalid working directory ${JSON.stringify(workingDir)}: it must be an absolute path`);
  }
  try {
    return { user: user === "" ? null : await userOf(parts, container, user) };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return neverBegan(error.message);
  }
}

/** As the container's own files have it now. */
async function userOf({ trees }: ExecParts, { pid }: { readonly pid: number }, spec: string): Promise<ContainerUser> {
  // Not the link itself, which the kernel would not follow here, but what is there.
  await using tree = await trees.open(`/proc/${pid}/root/.`);
  return await resolveUser(spec, [], imageLines(tree, "/etc/passwd"), () => imageLines(tree, "/etc/group"));
}

/** One process with its caller. */
class RunningExec {
  readonly #parts: ExecParts;
  readonly #program: RunningProgram;
  readonly #paths: ExecPaths;
  #isDetached = false;
  #isOver = false;
  #foundPid = 0;

  constructor(parts: ExecParts, program: RunningProgram, paths: ExecPaths) {
    this.#parts = parts;
    this.#program = program;
    this.#paths = paths;
  }

  /** Tells its number when it is known. A failure shows as that of the other messages. */
  tellPid(send: SendOutput): void {
    this.#pid()
      .then((pid) => (pid > 0 && !this.#isOver ? send({ pid }) : undefined))
      .catch(() => {});
  }

  /** `exit` is the last message. */
  tellNoMore(): void {
    this.#isOver = true;
  }

  /** Until it has ended and its output was sent, or its caller detaches. */
  async converse(start: ExecStart, incoming: AsyncIterator<ExecInput>, send: SendOutput): Promise<Outcome> {
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const detached = Promise.withResolvers<"detached">();
    this.#takeInput(start, incoming, () => detached.resolve("detached")).catch(failed.reject);
    const outputs = Promise.all([
      this.#pump(this.#program.stdout, start, async (stdout) => {
        if (start.attachStdout) await send({ stdout });
      }),
      this.#pump(this.#program.stderr, start, async (stderr) => {
        // Until the process runs they are the runtime's words, which `exit` tells.
        if (start.attachStderr && (await this.#pid()) > 0) await send({ stderr });
      }),
    ]);
    outputs.catch(failed.reject);
    const exitCode = await Promise.race([this.#program.exit, failed.promise, detached.promise]);
    if (exitCode === "detached") {
      this.#isDetached = true;
      return exitCode;
    }
    await Promise.race([outputs, this.#silence(), failed.promise]);
    return await this.#exitOf(exitCode);
  }

  /** Until it runs, or has ended before that. */
  async begun(): Promise<Outcome> {
    const running = this.#pid().then((pid) => (pid > 0 ? ("detached" as const) : null));
    const early = await Promise.race([running, this.#program.exit.then((code) => this.#exitOf(code))]);
    return early ?? (await this.#exitOf(await this.#program.exit));
  }

  /** Nobody will write any more. A terminal stays as it is. */
  endInput(): void {
    this.#program.stdin?.end();
  }

  /** To its end, without anybody. */
  async linger(): Promise<void> {
    await this.#program.exit;
  }

  /** Hangs up, and kills what stays. */
  async end(): Promise<void> {
    const { clock, processes } = this.#parts;
    this.#program[Symbol.dispose]();
    const pid = await this.#pid();
    if (pid === 0) return;
    const process = await processes.identify(pid);
    if (process !== null) await processes.kill(process, SIGHUP);
    const late = new AbortController();
    const ended = this.#program.exit.then(() => true);
    const waited = sleep(clock, HANGUP_GRACE_MS, "exec: hang up", late.signal).then(() => false);
    waited.catch(() => {});
    const hasEnded = await Promise.race([ended, waited]);
    late.abort();
    if (!hasEnded) await killFamily(processes, pid);
  }

  async #takeInput(
    { attachStdin }: ExecStart,
    incoming: AsyncIterator<ExecInput>,
    onDetach: () => void,
  ): Promise<void> {
    const { stdin } = this.#program;
    for (;;) {
      const { done, value } = await incoming.next();
      if (done === true) {
        stdin?.end();
        return;
      }
      switch (value.message) {
        case "stdin":
          if (attachStdin) await stdin?.write(value.stdin);
          break;
        case "endOfInput":
          stdin?.end();
          break;
        case "resize":
          if (isSize(value.resize)) this.#program.resize(value.resize);
          break;
        case "signal":
          await this.#signal(value.signal);
          break;
        case "detach":
          onDetach();
          return;
        case "start":
          throw new SwarmError("invalidArgument", "an exec starts once");
        case undefined:
          break;
        default:
          // Of a later release.
          break;
      }
    }
  }

  /**
   * After detaching it is still read, so that the process never waits. Of one that outlives its caller, too: to leave
   * a terminal's output would close the terminal, which ends what runs in it.
   */
  async #pump(
    output: AsyncIterable<Buffer>,
    { outlives }: ExecStart,
    send: (bytes: Buffer) => Promise<void>,
  ): Promise<void> {
    for await (const bytes of output) {
      if (this.#isDetached) continue;
      try {
        await send(bytes);
      } catch (error) {
        if (!outlives) throw error;
        this.#isDetached = true;
      }
    }
  }

  async #signal(signal: number): Promise<void> {
    const { processes } = this.#parts;
    const process = await processes.identify(await this.#pid());
    if (process !== null) await processes.kill(process, signal);
  }

  /** 0 = it never began. */
  async #pid(): Promise<number> {
    this.#foundPid ||= await this.#awaitPid();
    return this.#foundPid;
  }

  async #awaitPid(): Promise<number> {
    const { files, clock } = this.#parts;
    let hasEnded = false;
    void this.#program.exit.then(() => {
      hasEnded = true;
    });
    for (let waitedMs = 0; ; waitedMs += PID_POLL_MS) {
      const isLast = hasEnded || waitedMs >= PID_WAIT_MS;
      const pid = Number((await files.readText(this.#paths.pidFile)) ?? 0);
      if (pid > 0 || isLast) return pid;
      await sleep(clock, PID_POLL_MS, "exec: process number");
    }
  }

  #silence(): Promise<void> {
    return sleep(this.#parts.clock, OUTPUT_AFTER_END_MS, "exec: output after the end");
  }

  async #exitOf(exitCode: number): Promise<Sendable<ProcessExit>> {
    const said = exitCode === 0 ? null : await this.#parts.files.readText(this.#paths.logFile);
    return startComplaint(said ?? "") ?? { exitCode, complaint: "" };
  }
}
