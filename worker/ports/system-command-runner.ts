import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { SwarmError } from "../../shared/errors.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import {
  COMMAND_TIMEOUT_MS,
  type CommandOptions,
  type CommandResult,
  type CommandRunner,
  KILL_WAIT_MS,
  OUTPUT_AFTER_END_MS_MAX,
  OUTPUT_BYTES_MAX,
  OUTPUT_SILENCE_MS,
  TIMEOUT_MS_MAX,
} from "./command-runner.ts";
import { killGroup } from "./kill-group.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";

const EXIT_NOT_FOUND = 127;
const EXIT_SIGNAL_BASE = 128;
const WORDS_CHARACTERS_MAX = 200;

/** Runs programs as children of this process, each in a process group of its own. */
export class SystemCommandRunner implements CommandRunner {
  /** Put before every command, e.g. `["nsenter", "--net=/run/netns/host1"]`. */
  readonly #prefix: readonly string[];

  constructor(options: { readonly prefix?: readonly string[] } = {}) {
    this.#prefix = options.prefix ?? [];
  }

  async run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    const words = argv.join(" ").slice(0, WORDS_CHARACTERS_MAX);
    if (options.signal?.aborted === true) throw new SwarmError("cancelled", `did not run "${words}": cancelled`);
    const [program = argv[0], ...args] = [...this.#prefix, ...argv];
    const run = new Run(words, options);
    const child = spawnChild(
      program,
      args,
      {
        stdio: ["pipe", "pipe", "pipe"],
        detached: true,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
      },
      (error) => run.onError(error),
    );
    if (child !== null) run.follow(child);
    return await run.result;
  }
}

/**
 * One program on its way to an end. Whatever it started may hold its pipes for ever, so nothing here waits for a pipe
 * without a limit of its own: after the program's end its output is read until it is closed or silent.
 */
class Run {
  readonly result: Promise<CommandResult>;
  readonly #words: string;
  readonly #options: CommandOptions;
  readonly #settled = Promise.withResolvers<CommandResult>();
  readonly #timers = new Set<Disposable>();
  #child: ChildProcess | null = null;
  #stdout: Collected | null = null;
  #stderr: Collected | null = null;
  /** The first reason to stop it wins. */
  #stopped: SwarmError | null = null;
  #isSettled = false;

  constructor(words: string, options: CommandOptions) {
    this.result = this.#settled.promise;
    this.#words = words;
    this.#options = options;
  }

  /** It could not be started. */
  onError(error: Error): void {
    this.#stopped ??= refusalOfShortage(error, this.#words);
    this.#settle(EXIT_NOT_FOUND, error.message);
  }

  /** It was started, detached. */
  follow(child: ChildProcess): void {
    const { input, keepBytes, keeps = "first", signal, timeoutMs = COMMAND_TIMEOUT_MS } = this.#options;
    const words = this.#words;
    this.#child = child;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#after(Math.min(timeoutMs, TIMEOUT_MS_MAX), () =>
      this.#stop(new SwarmError("deadlineExceeded", `"${words}" did not end within ${timeoutMs} ms`)),
    );
    const tooMuch = (): void =>
      this.#stop(new SwarmError("resourceExhausted", `"${words}" wrote more than ${OUTPUT_BYTES_MAX} bytes`));
    const onOverflow = keepBytes === undefined ? tooMuch : (): void => {};
    this.#stdout = new Collected(child.stdout, { bytesMax: keepBytes ?? OUTPUT_BYTES_MAX, keeps }, onOverflow);
    this.#stderr = new Collected(child.stderr, { bytesMax: keepBytes ?? OUTPUT_BYTES_MAX, keeps }, onOverflow);
    child.once("exit", (code, by) => {
      const exitCode = code ?? EXIT_SIGNAL_BASE + (by === null ? 0 : constants.signals[by]);
      if (this.#stopped !== null) {
        this.#settle(exitCode);
        return;
      }
      child.once("close", () => this.#settle(exitCode));
      this.#settleWhenSilent(exitCode, performance.now() + OUTPUT_AFTER_END_MS_MAX);
    });
    // A program that ends without reading its input closes the pipe; its exit code tells the story.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input ?? "");
  }

  readonly #onAbort = (): void => this.#stop(new SwarmError("cancelled", `"${this.#words}" was cancelled`));

  #stop(reason: SwarmError): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    if (this.#child !== null) killGroup(this.#child);
    this.#after(KILL_WAIT_MS, () => this.#settle(EXIT_SIGNAL_BASE + constants.signals.SIGKILL));
  }

  #settleWhenSilent(exitCode: number, untilMs: number): void {
    const seen = this.#bytesRead();
    this.#after(OUTPUT_SILENCE_MS, () => {
      // After the poll phase that follows the timers, so that a busy loop does not take unread output for silence.
      setImmediate(() => {
        const isSilent = this.#bytesRead() === seen;
        if (isSilent || performance.now() >= untilMs) this.#settle(exitCode);
        else this.#settleWhenSilent(exitCode, untilMs);
      });
    });
  }

  /** Lets go of everything; the first call decides. */
  #settle(exitCode: number, complaint = ""): void {
    this.#isSettled = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    for (const stream of [this.#child?.stdin, this.#child?.stdout, this.#child?.stderr]) stream?.destroy();
    this.#child?.unref();
    const [stdout, stderr] = [this.#stdout?.text() ?? "", this.#stderr?.text() ?? ""];
    if (this.#stopped !== null) this.#settled.reject(this.#stopped);
    else this.#settled.resolve({ exitCode, stdout, stderr: stderr + complaint });
  }

  #bytesRead(): number {
    return (this.#stdout?.bytes ?? 0) + (this.#stderr?.bytes ?? 0);
  }

  #after(delayMs: number, action: () => void): void {
    if (this.#isSettled) return;
    const timer = systemClock.schedule(delayMs, "command", () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }
}

/** How much of a stream is kept. */
interface Keep {
  readonly bytesMax: number;
  readonly keeps: "first" | "last";
}

/** The first or last bytes of a stream; it is read to its end all the same, so that its writer never waits for us. */
class Collected {
  /** All that was read. */
  bytes = 0;
  #chunks: Buffer[] = [];

  readonly #keep: Keep;

  constructor(stream: NodeJS.ReadableStream | null, keep: Keep, onOverflow: () => void) {
    this.#keep = keep;
    stream?.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      if (keep.keeps === "last") this.#addLast(chunk);
      else this.#addFirst(chunk);
      if (this.bytes > keep.bytesMax) onOverflow();
    });
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  #addFirst(chunk: Buffer): void {
    const room = this.#keep.bytesMax - (this.bytes - chunk.length);
    if (room > 0) this.#chunks.push(chunk.subarray(0, room));
  }

  #addLast(chunk: Buffer): void {
    const { bytesMax } = this.#keep;
    const held = Buffer.concat([...this.#chunks, chunk]);
    this.#chunks = [held.subarray(Math.max(0, held.length - bytesMax))];
  }
}
