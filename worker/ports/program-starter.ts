import { Worker } from "node:worker_threads";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { ownPriorities } from "../../shared/ports/own-priority.ts";
import type { CommandOptions, CommandResult, CommandRunner } from "./command-runner.ts";
import type { MonitorReply } from "./monitor-launcher.ts";
import { type StartMonitor, startMonitor } from "./start-monitor.ts";
import type { StarterAnswer, StarterData, StarterFault, StarterRequest } from "./starter-messages.ts";
import { SystemCommandRunner } from "./system-command-runner.ts";

/** The bundler inserts the name of the bundled file. */
const THREAD = new URL(process.env["SWARM_STARTER"] ?? "./starter-thread.ts", import.meta.url);
/** MiB for its new objects, which are short texts. */
const YOUNG_SPACE_MB = 4;

/** A piece of work that the thread has in hand. */
interface Pending {
  readonly onStarted: () => void;
  readonly done: (result: CommandResult | MonitorReply) => void;
  readonly failed: (error: SwarmError) => void;
}

type Work = Exclude<StarterRequest, { readonly kind: "stop" }>;
/** The same without its number, which it has not got yet. */
type NewWork = Work extends infer One ? (One extends Work ? Omit<One, "id"> : never) : never;

/**
 * Starts programs on a thread of its own. To start one, Node copies the process and waits until the copy has become the
 * program: where many want the processors that takes tens of milliseconds, in which the daemon would hear nobody.
 * Should the thread end, programs are started on the daemon's own thread from then on.
 */
export class ProgramStarter implements CommandRunner, Disposable {
  readonly #log: Logger;
  readonly #here = new SystemCommandRunner();
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null;
  #number = 0;

  constructor(log: Logger) {
    this.#log = log;
    const workerData: StarterData = { priorities: ownPriorities() };
    this.#worker = new Worker(THREAD, {
      workerData,
      name: "starter",
      // Those of the process are for its own program.
      execArgv: ["--disable-warning=ExperimentalWarning"],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_SPACE_MB },
    });
    this.#worker.on("message", (answer: StarterAnswer) => this.#onAnswer(answer));
    this.#worker.on("error", (error: unknown) => this.#onEnd(messageOf(error)));
    this.#worker.on("exit", (code) => this.#onEnd(`exit code ${code}`));
    // Only work that is under way keeps the process alive.
    this.#worker.unref();
  }

  async run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
    const { signal, ...others } = options;
    if (this.#worker === null || signal?.aborted === true) return await this.#here.run(argv, options);
    const work = this.#begin({ kind: "run", argv, options: others }, () => {});
    const onAbort = (): void => this.#stop(work.id);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return (await work.result) as CommandResult;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  readonly startMonitor: StartMonitor = async (start, onStarted, stopped) => {
    if (this.#worker === null) return await startMonitor(start, onStarted, stopped);
    let whenStarted = Promise.resolve();
    const work = this.#begin({ kind: "monitor", start }, () => {
      whenStarted = onStarted();
    });
    let isOver = false;
    stopped.catch(() => {
      if (!isOver) this.#stop(work.id);
    });
    try {
      return (await work.result) as MonitorReply;
    } finally {
      isOver = true;
      await whenStarted;
    }
  };

  [Symbol.dispose](): void {
    const worker = this.#worker;
    this.#goOnWithout();
    void worker?.terminate();
  }

  #begin(
    work: NewWork,
    onStarted: () => void,
  ): { readonly id: number; readonly result: Promise<CommandResult | MonitorReply> } {
    const id = ++this.#number;
    const { promise: result, resolve: done, reject: failed } = Promise.withResolvers<CommandResult | MonitorReply>();
    this.#pending.set(id, { onStarted, done, failed });
    this.#worker?.ref();
    this.#say({ ...work, id });
    return { id, result };
  }

  #stop(id: number): void {
    if (this.#pending.has(id)) this.#say({ kind: "stop", id });
  }

  #say(request: StarterRequest): void {
    this.#worker?.postMessage(request);
  }

  #onAnswer(answer: StarterAnswer): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    if (answer.kind === "started") {
      pending.onStarted();
      return;
    }
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (answer.kind === "done") pending.done(answer.result);
    else pending.failed(errorOf(answer.fault));
  }

  #onEnd(why: string): void {
    if (this.#worker === null) return;
    this.#goOnWithout();
    this.#log.warn("programs are started on the daemon's own thread from now on", { why });
  }

  #goOnWithout(): void {
    this.#worker = null;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { failed } of pending)
      failed(new SwarmError("unavailable", "the thread that starts programs has ended"));
  }
}

function errorOf({ code, message, systemCode }: StarterFault): SwarmError {
  if (systemCode === "") return new SwarmError(code, message);
  return new SwarmError(code, message, { cause: Object.assign(new Error(message), { code: systemCode }) });
}
