import { constants } from "node:os";
import { SwarmError } from "../../shared/errors.ts";
import {
  COMMAND_TIMEOUT_MS,
  type CommandOptions,
  type CommandResult,
  type CommandRunner,
  OUTPUT_BYTES_MAX,
} from "./command-runner.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";

const EXIT_NOT_FOUND = 127;
const EXIT_SIGNAL_BASE = 128;

/** Runs programs as children of this process. */
export class SystemCommandRunner implements CommandRunner {
  /** Put before every command, e.g. `["nsenter", "--net=/run/netns/host1"]`. */
  readonly #prefix: readonly string[];

  constructor(options: { readonly prefix?: readonly string[] } = {}) {
    this.#prefix = options.prefix ?? [];
  }

  run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    const [program = argv[0], ...args] = [...this.#prefix, ...argv];
    const words = argv.join(" ").slice(0, 200);
    const timeoutMs = options.timeoutMs ?? COMMAND_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) {
        reject(new SwarmError("cancelled", `did not run "${words}": cancelled`));
        return;
      }
      // The first reason to stop wins; the promise settles only when the child has gone and its pipes are empty.
      let stopped: SwarmError | null = null;
      let timer: NodeJS.Timeout | null = null;
      let onAbort = (): void => {};
      let stdout = (): string => "";
      let stderr = (): string => "";
      const settle = (exitCode: number, complaint = ""): void => {
        if (timer !== null) clearTimeout(timer);
        options.signal?.removeEventListener("abort", onAbort);
        if (stopped !== null) reject(stopped);
        else resolve({ exitCode, stdout: stdout(), stderr: stderr() + complaint });
      };
      const child = spawnChild(
        program,
        args,
        {
          stdio: ["pipe", "pipe", "pipe"],
          ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
          ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
        },
        (error) => {
          stopped ??= refusalOfShortage(error, words);
          settle(EXIT_NOT_FOUND, error.message);
        },
      );
      if (child === null || child.stdin === null || child.stdout === null || child.stderr === null) return;
      const stop = (reason: SwarmError): void => {
        stopped ??= reason;
        child.kill("SIGKILL");
      };
      timer = setTimeout(
        () => stop(new SwarmError("deadlineExceeded", `"${words}" did not end within ${timeoutMs} ms`)),
        timeoutMs,
      );
      onAbort = () => stop(new SwarmError("cancelled", `"${words}" was cancelled`));
      options.signal?.addEventListener("abort", onAbort, { once: true });
      const tooMuch = (): void =>
        stop(new SwarmError("resourceExhausted", `"${words}" wrote more than ${OUTPUT_BYTES_MAX} bytes`));
      stdout = collect(child.stdout, tooMuch);
      stderr = collect(child.stderr, tooMuch);
      child.once("close", (code, signal) =>
        settle(code ?? EXIT_SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal])),
      );
      // A program that ends without reading its input closes the pipe; its exit code tells the story.
      child.stdin.on("error", () => {});
      child.stdin.end(options.input ?? "");
    });
  }
}

/** Gathers a stream up to the limit; returns a function that gives the text so far. */
function collect(stream: NodeJS.ReadableStream, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > OUTPUT_BYTES_MAX) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
