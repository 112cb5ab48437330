/**
 * The lab (scripts/lab) for end-to-end tests: hosts with swarmd, faults, a client outside. Each test file takes one lab
 * with `await using lab = await Lab.up(3)`, which is gone at the end of the scope, also when a test fails.
 */
import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const LAB = join(import.meta.dirname, "../../scripts/lab");
/**
 * Each test file has a lab of its own, so that files run side by side; and none is the one a person plays with.
 * scripts/test makes the same names, to remove what a killed test left.
 */
export const LAB_NAME = [
  process.env["SWARM_LAB"] ?? "test",
  basename(process.argv[1] ?? "", ".test.ts")
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(0, 16),
]
  .filter(Boolean)
  .join("-");
/** Limits are for hangs. The first `up` on a machine also builds images. */
const UP_MS_MAX = 600_000;
const COMMAND_MS_MAX = 180_000;
/** A request that must be answered waits so long: whoever sends it elsewhere does so at once, and for good. */
const ANSWER_S_MAX = 20;

const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, SWARM_LAB: LAB_NAME };

/** How a command ended; `check` it, or look at the parts when failure is what the test expects. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface UpOptions {
  readonly managers?: number;
  /** Daemons only, for tests of init and join. */
  readonly noSwarm?: boolean;
  /** Addresses of IPv6 alone: fd77::1, fd77::2 ... */
  readonly ipv6?: boolean;
  /** Further options of every swarmd; without blanks. */
  readonly daemonOptions?: readonly string[];
}

export class Lab implements AsyncDisposable {
  readonly hosts: readonly string[];

  /** How its addresses begin. */
  readonly #network: string;

  private constructor(hosts: readonly string[], isIpv6: boolean) {
    this.#network = isIpv6 ? "fd77::" : "10.77.0.";
    this.hosts = hosts;
  }

  /** A fresh lab with hosts host1 .. hostN; what an earlier run left is removed first. */
  static async up(count: number, options: UpOptions = {}): Promise<Lab> {
    await mustRun(["down"]);
    const args = ["up", String(count)];
    if (options.managers !== undefined) args.push("--managers", String(options.managers));
    if (options.noSwarm === true) args.push("--no-swarm");
    if (options.ipv6 === true) args.push("--ipv6");
    // Daemons that a test starts again get them, too.
    ENVIRONMENT["SWARM_LAB_SWARMD_OPTIONS"] = options.daemonOptions?.join(" ");
    try {
      await mustRun(args, UP_MS_MAX);
    } catch (error) {
      await mustRun(["down"]);
      throw error;
    }
    return new Lab(
      Array.from({ length: count }, (_, index) => `host${index + 1}`),
      options.ipv6 === true,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustRun(["down"]);
  }

  /** swarmctl on a host; its standard output. @throws Error with its standard error when it fails. */
  ctl(host: string, ...args: string[]): Promise<string> {
    return mustRun(["ctl", host, ...args]);
  }

  /** The same, byte by byte, and what it says on standard error. @throws Error when it fails. */
  ctlBytes(host: string, ...args: string[]): Promise<{ readonly stdout: Buffer; readonly stderr: Buffer }> {
    const options = { env: ENVIRONMENT, timeout: COMMAND_MS_MAX, maxBuffer: 1 << 30, encoding: "buffer" } as const;
    return promisify(execFile)(LAB, ["ctl", host, ...args], options);
  }

  /** swarmctl on a host, where failure is an expected answer. */
  tryCtl(host: string, ...args: string[]): Promise<CommandResult> {
    return run(["ctl", host, ...args]);
  }

  /** The same with text on its standard input. */
  async ctlWith(input: string, host: string, ...args: string[]): Promise<string> {
    return mustRun(["ctl", host, ...args], COMMAND_MS_MAX, input);
  }

  tryCtlWith(input: string, host: string, ...args: string[]): Promise<CommandResult> {
    return run(["ctl", host, ...args], COMMAND_MS_MAX, input);
  }

  /** swarmctl with `--format json`: one object a line, as Docker prints them. */
  async ctlJson<T = Record<string, unknown>>(host: string, ...args: string[]): Promise<readonly T[]> {
    const text = await this.ctl(host, ...args, "--format", "json");
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .flatMap((line) => JSON.parse(line) as T | T[]);
  }

  /** A command in a host's namespaces. */
  exec(host: string, ...command: string[]): Promise<string> {
    return mustRun(["exec", host, ...command]);
  }

  tryExec(host: string, ...command: string[]): Promise<CommandResult> {
    return run(["exec", host, ...command]);
  }

  /** A command on the client at 10.77.0.200, outside of the swarm. */
  client(...command: string[]): Promise<string> {
    return mustRun(["client", ...command]);
  }

  tryClient(...command: string[]): Promise<CommandResult> {
    return run(["client", ...command]);
  }

  /** For a condition: what the client gets from `http://HOST:PORT/PATH` within two seconds, or null. */
  async fetch(host: string, path = "/", port = 80): Promise<string | null> {
    const url = `http://${this.ip(host)}:${port}${path}`;
    const { exitCode, stdout } = await this.tryClient("curl", "--silent", "--fail", "--max-time", "2", url);
    return exitCode === 0 ? stdout : null;
  }

  /** What the client gets, where every request must be answered. @throws Error when one is not. */
  page(host: string, path = "/"): Promise<string> {
    const url = `http://${this.ip(host)}${path}`;
    return this.client("curl", "--silent", "--show-error", "--fail", "--max-time", `${ANSWER_S_MAX}`, url);
  }

  ip(host: string): string {
    return `${this.#network}${host.slice("host".length)}`;
  }

  async cut(host: string): Promise<void> {
    await mustRun(["cut", host]);
  }

  async heal(host: string): Promise<void> {
    await mustRun(["heal", host]);
  }

  /** Groups that do not reach each other: `split(["host1", "host2"], ["host3"])`. */
  async split(...groups: readonly (readonly string[])[]): Promise<void> {
    await mustRun(["split", groups.map((group) => group.join(" ")).join(" | ")]);
  }

  async joinAll(): Promise<void> {
    await mustRun(["join-all"]);
  }

  async lose(host: string, percent: number): Promise<void> {
    await mustRun(["lose", host, String(percent)]);
  }

  /** kill -9 of swarmd; "hub" kills the registry. */
  async killDaemon(host: string): Promise<void> {
    await mustRun(["kill-daemon", host]);
  }

  /** SIGTERM; resolves when it has ended. */
  async stopDaemon(host: string): Promise<void> {
    await mustRun(["stop-daemon", host]);
  }

  async startDaemon(host: string): Promise<void> {
    await mustRun(["start-daemon", host]);
  }

  async powerOff(host: string): Promise<void> {
    await mustRun(["poweroff", host]);
  }

  async boot(host: string): Promise<void> {
    await mustRun(["boot", host]);
  }

  /** The daemon's log, for the message of a failed test. */
  logs(host: string): Promise<string> {
    return mustRun(["logs", host]);
  }
}

async function mustRun(args: readonly string[], timeoutMs: number = COMMAND_MS_MAX, input = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await run(args, timeoutMs, input);
  if (exitCode === 0) return stdout;
  throw new Error(`lab ${args.join(" ")}: exit code ${exitCode}\n${stderr.trim() || stdout.trim()}`);
}

function run(args: readonly string[], timeoutMs: number = COMMAND_MS_MAX, input = ""): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, encoding: "utf8", env: ENVIRONMENT } as const;
    const child = execFile(LAB, [...args], options, (error, stdout, stderr) => {
      // Killed by the timeout, a command has no exit code; 124 is what timeout(1) gives.
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 124;
      resolve({ exitCode, stdout, stderr });
    });
    // A command that refuses its arguments ends before it has read.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
