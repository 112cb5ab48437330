import { posix } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { Semaphore } from "../../shared/semaphore.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { MonitorLauncher, MountedFiles } from "../ports/monitor-launcher.ts";
import type { SealedPrograms } from "../ports/sealed-programs.ts";
import { type LaunchRequest, monitorLaunch } from "./launch-command.ts";
import { isCrun } from "./oci-runtimes.ts";
import { isNoSuchContainer, toRuntimeError } from "./runtime-errors.ts";

/** A container as its runtime sees it. */
export type RuntimeState =
  | { readonly kind: "absent" }
  | { readonly kind: "creating" }
  | { readonly kind: "created"; readonly pid: number }
  | { readonly kind: "running"; readonly pid: number }
  | { readonly kind: "stopped" };

export interface OciRuntimeOptions {
  /** By name or path: crun, or any other OCI runtime. */
  readonly program: string;
  /** Of a container that an earlier daemon made; "" = `program`. */
  readonly programOf: (key: ContainerKey) => string;
  readonly conmon: string;
  /** The runtime's own state; one directory for each daemon on a machine. */
  readonly root: string;
  readonly hostname: string;
  /** How many of its programs run at once, but for those that run something in a container. */
  readonly programsAtOnce: number;
}

export interface ExecRequest {
  /** What to run, in the runtime's format. */
  readonly processFile: string;
  /** Where the process's number is written. */
  readonly pidFile: string;
  /** Where the runtime says what went wrong, which must not get among the process's output. */
  readonly logFile: string;
  /** Where the master of its terminal is sent; null = without a terminal. */
  readonly consoleSocket: string | null;
}

/** What an OCI runtime is run with. */
export interface OciRuntimePorts {
  readonly commands: CommandRunner;
  readonly launcher: MonitorLauncher;
  readonly files: Pick<HostFiles, "tellOnce" | "remove">;
  readonly programs: SealedPrograms;
}

/** Filling a volume from a large image takes longest. */
const LAUNCH_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 30_000;
/** How much is kept of what a health check or a step writes, as by Docker; the rest is read and dropped. */
const EXEC_OUTPUT_BYTES_MAX = 4 << 10;

const NEVER_ABORTED = new AbortController().signal;

/**
 * One container's life under an OCI runtime: created under its own monitor, started, inspected, deleted. The programs
 * for that take turns, first come, first served, so that very many containers do not keep everything else of the host
 * from its processors. A place is held only while a program runs, never for an image, a volume, a health check or a
 * grace period.
 */
export class OciRuntime {
  readonly #options: OciRuntimeOptions;
  readonly #ports: OciRuntimePorts;
  readonly #places: Semaphore;
  /** Of containers that were made with another program than the host's usual one. */
  readonly #programs = new Map<ContainerKey, string>();

  constructor(options: OciRuntimeOptions, ports: OciRuntimePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#places = new Semaphore(options.programsAtOnce);
  }

  /**
   * Mounts, lets the caller look at what is mounted and write the bundle's configuration, creates. Resolves with the
   * number of the container's first process.
   * @throws SwarmError; what `whileMounted` throws.
   */
  async create(
    request: Omit<LaunchRequest, "conmon" | "ociArguments">,
    signal: AbortSignal,
    whileMounted: (mounted: MountedFiles, signal: AbortSignal) => Promise<void>,
  ): Promise<number> {
    const launch = monitorLaunch({
      ...request,
      ociRuntime: await this.#fileOf(request.ociRuntime),
      conmon: this.#options.conmon,
      ociArguments: this.#globalArguments(request.ociRuntime),
    });
    if (request.ociRuntime !== this.#options.program) this.#programs.set(request.key, request.ociRuntime);
    using place = new DisposableStack();
    const reply = await this.#ports.launcher.launch(launch, LAUNCH_TIMEOUT_MS, signal, async (mounted, stopping) => {
      await whileMounted(mounted, stopping);
      place.use(await this.#places.take(stopping));
    });
    if (reply.pid > 0) return reply.pid;
    throw toRuntimeError(reply.complaint, `create container ${request.name}`, this.#options.hostname);
  }

  /**
   * `hasStartHooks`: programs of the host are run when it has been started.
   * @throws SwarmError when it is not in the state created, or its program cannot be started.
   */
  async start(key: ContainerKey, name: string, hasStartHooks: boolean): Promise<void> {
    if (!hasStartHooks && isCrun(this.#programOf(key)) && (await this.#letGo(key, name))) return;
    const { exitCode, stderr } = await this.#run(key, ["start", key]);
    if (exitCode !== 0) throw toRuntimeError(stderr, `start container ${name}`, this.#options.hostname);
  }

  /**
   * What `crun start` does, without a program: the container's first process waits at a named pipe until it hears of
   * it. Resolves with whether there is one. @throws SwarmError when nobody waits there.
   */
  async #letGo(key: ContainerKey, name: string): Promise<boolean> {
    const { files } = this.#ports;
    const pipe = `${this.#options.root}/${key}/exec.fifo`;
    const outcome = await files.tellOnce(pipe);
    if (outcome !== "deaf") return outcome === "told";
    // It has ended, or heard of it from a daemon that died before it had taken the pipe away. Without it the runtime
    // says which, while its own `start` would wait for ever.
    await files.remove(pipe);
    throw toRuntimeError("nobody waits for it", `start container ${name}`, this.#options.hostname);
  }

  async state(key: ContainerKey): Promise<RuntimeState> {
    const { exitCode, stdout } = await this.#run(key, ["state", key]);
    if (exitCode !== 0) return { kind: "absent" };
    return parseState(stdout);
  }

  /**
   * Kills it if it is running, and removes its cgroups. It is fine if there is nothing to delete.
   * @throws SwarmError internal
   */
  async delete(key: ContainerKey): Promise<void> {
    const { exitCode, stderr } = await this.#run(key, ["delete", "--force", key]);
    if (exitCode === 0 || isNoSuchContainer(stderr)) {
      this.#programs.delete(key);
      return;
    }
    throw new SwarmError("internal", `cannot delete container ${key}: ${stderr.trim()}`);
  }

  /** Holds all processes of a container, or lets them go on. @throws SwarmError failedPrecondition. */
  async hold(key: ContainerKey, isHeld: boolean): Promise<void> {
    const { exitCode, stderr } = await this.#run(key, [isHeld ? "pause" : "resume", key]);
    if (exitCode !== 0) throw refused(`${isHeld ? "pause" : "unpause"} container ${key}`, stderr);
  }

  /** Changes limits of a running container to those in a file. @throws SwarmError failedPrecondition. */
  async update(key: ContainerKey, resourcesFile: string): Promise<void> {
    const { exitCode, stderr } = await this.#run(key, ["update", "--resources", resourcesFile, key]);
    if (exitCode !== 0) throw refused(`change the limits of container ${key}`, stderr);
  }

  /**
   * Runs a further process in the container to its end; also in one that was created and not started. Resolves with its
   * exit code and the last it wrote. Does not wait for other processes that still hold its output.
   * @throws SwarmError deadlineExceeded or cancelled; then the process may keep running.
   */
  async exec(
    key: ContainerKey,
    { processFile, pidFile }: { readonly processFile: string; readonly pidFile: string },
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string }> {
    const words = ["exec", "--process", processFile, "--pid-file", pidFile, key];
    const keep = { keepBytes: EXEC_OUTPUT_BYTES_MAX, keeps: "last" } as const;
    const { exitCode, stdout, stderr } = await this.#runNow(key, words, { timeoutMs, signal, ...keep });
    return { exitCode, output: `${stdout}\n${stderr}` };
  }

  /** The command that runs a further process in the container with our own standard streams, and ends as it does. */
  execCommand(key: ContainerKey, { processFile, pidFile, logFile, consoleSocket }: ExecRequest): [string, ...string[]] {
    const program = this.#programOf(key);
    return [
      program,
      ...this.#globalArguments(program),
      ...["--log", logFile, "--log-format", "json"],
      ...["exec", "--process", processFile, "--pid-file", pidFile],
      ...(consoleSocket === null ? [] : ["--console-socket", consoleSocket]),
      key,
    ];
  }

  async #run(key: ContainerKey, words: readonly string[]): ReturnType<CommandRunner["run"]> {
    using _place = await this.#places.take(NEVER_ABORTED);
    return await this.#runNow(key, words);
  }

  async #runNow(
    key: ContainerKey,
    words: readonly string[],
    options: {
      readonly timeoutMs?: number;
      readonly signal?: AbortSignal;
      readonly keepBytes?: number;
      readonly keeps?: "first" | "last";
    } = {},
  ): ReturnType<CommandRunner["run"]> {
    const program = this.#programOf(key);
    const argv = [await this.#fileOf(program), ...this.#globalArguments(program), ...words] as const;
    return await this.#ports.commands.run(argv, { timeoutMs: COMMAND_TIMEOUT_MS, ...options });
  }

  /** Of others it is not known whether they look at the name that they are started by. */
  async #fileOf(program: string): Promise<string> {
    return posix.basename(program) === "crun" ? await this.#ports.programs.pathOf(program) : program;
  }

  #programOf(key: ContainerKey): string {
    return this.#programs.get(key) ?? (this.#options.programOf(key) || this.#options.program);
  }

  /** runc knows no cgroup manager but cgroupfs unless told otherwise, and refuses the option. */
  #globalArguments(program: string): readonly string[] {
    return ["--root", this.#options.root, ...(isCrun(program) ? ["--cgroup-manager", "cgroupfs"] : [])];
  }
}

function refused(what: string, stderr: string): SwarmError {
  return new SwarmError("failedPrecondition", `cannot ${what}: ${stderr.trim()}`);
}

/** Reads what `state` prints; anything else counts as absent. */
export function parseState(stdout: string): RuntimeState {
  const { status, pid } = toStatus(stdout);
  switch (status) {
    case "creating":
      return { kind: "creating" };
    case "created":
      return { kind: "created", pid };
    case "running":
    case "paused":
      return { kind: "running", pid };
    case "stopped":
      return { kind: "stopped" };
    default:
      return { kind: "absent" };
  }
}

function toStatus(stdout: string): { readonly status: string; readonly pid: number } {
  try {
    const { status, pid }: { readonly status?: unknown; readonly pid?: unknown } = JSON.parse(stdout);
    return { status: String(status), pid: typeof pid === "number" ? pid : 0 };
  } catch {
    return { status: "", pid: 0 };
  }
}
