import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Readable } from "node:stream";
import { SwarmError } from "../../shared/errors.ts";
import { cutText } from "../../shared/objects/status-text.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { killGroup } from "./kill-group.ts";
import { GO, MOUNTED, type MonitorLauncher, type MonitorReply } from "./monitor-launcher.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";

/** Conmon is told its number by environment variable and writes one line of JSON to it. */
const SYNC_PIPE = 3;
/** A complaint is a sentence or a few; of more the beginning and the end are kept. */
const COMPLAINT_BYTES_MAX = 4_000;

/** A killed process is gone at once, unless the kernel holds it for a device; then its mounts are cleaned up later. */
const END_WAIT_MS = 2_000;
/** conmon's reply is one line with a sentence of the runtime. */
const REPLY_CHARACTERS_MAX = 64 << 10;

/** Launches as a child in a session of its own; conmon then leaves this daemon's process tree by itself. */
export const systemMonitorLauncher: MonitorLauncher = {
  async launch(argv, timeoutMs, signal, whileMounted) {
    if (signal.aborted) throw new SwarmError("cancelled", `did not launch ${argv.at(-1)}: cancelled`);
    const [program, ...args] = argv;
    const failed = Promise.withResolvers<MonitorReply>();
    failed.promise.catch(() => {});
    const options: SpawnOptions = {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      // Nothing of the daemon's environment may reach the monitor: it outlives the daemon.
      env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", _OCI_SYNCPIPE: String(SYNC_PIPE) },
    };
    const child = spawnChild(program, args, options, (error) => {
      const shortage = refusalOfShortage(error, program);
      if (shortage === null) failed.resolve({ pid: -1, complaint: error.message });
      else failed.reject(shortage);
    });
    if (child === null) return await failed.promise;
    // A program that has ended does not read what it is told.
    child.stdin?.on("error", () => {});
    const reply = Promise.race([replyOf(child), failed.promise]);
    const ended = Promise.race([reply.catch(() => {}), new Promise((resolve) => child.once("exit", resolve))]);
    const stopping = new AbortController();
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {});
    const stop = (reason: SwarmError): void => {
      stopping.abort(reason);
      stopped.reject(reason);
    };
    const late = `no reply from the container's monitor: ${argv.at(-1)}`;
    using _timer = systemClock.schedule(timeoutMs, "monitor", () => stop(new SwarmError("deadlineExceeded", late)));
    const onAbort = (): void => stop(new SwarmError("cancelled", `the launch of ${argv.at(-1)} was cancelled`));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const early = await Promise.race([mountedBy(child), reply, stopped.promise]);
      if (early !== null) return early;
      await whileMounted(child.pid ?? 0, stopping.signal);
      stopping.signal.throwIfAborted();
      child.stdin?.end(`${GO}\n`);
      return await Promise.race([reply, stopped.promise]);
    } catch (error) {
      killGroup(child);
      // Its mounts are gone before the caller removes what they stood on.
      await Promise.race([ended, sleep(systemClock, END_WAIT_MS, "monitor end")]);
      throw stopping.signal.aborted ? stopping.signal.reason : error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      for (const stream of child.stdio) stream?.destroy();
      child.unref();
    }
  },
};

/** null once it says that it has mounted; never when it ends without a word. */
function mountedBy(child: ChildProcess): Promise<null> {
  return new Promise((resolve) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(0, REPLY_CHARACTERS_MAX);
      if (said.split("\n").includes(MOUNTED)) resolve(null);
    });
  });
}

function replyOf(child: ChildProcess): Promise<MonitorReply> {
  return new Promise((resolve) => {
    let said = "";
    let printed = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      printed = cutText(printed + chunk.toString("utf8"), COMPLAINT_BYTES_MAX);
    });
    // A program that fails before it is conmon ends without a word on the pipe.
    child.once("close", () => resolve(parseReply(said, printed)));
    (child.stdio[SYNC_PIPE] as Readable | null)?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(0, REPLY_CHARACTERS_MAX);
      if (said.includes("\n")) resolve(parseReply(said, printed));
    });
  });
}

function parseReply(said: string, printed: string): MonitorReply {
  try {
    const reply: { readonly data?: unknown; readonly message?: unknown } = JSON.parse(said.split("\n")[0] ?? "");
    const pid = typeof reply.data === "number" ? reply.data : -1;
    return { pid, complaint: typeof reply.message === "string" ? reply.message : "" };
  } catch {
    return { pid: -1, complaint: printed.trim() };
  }
}
