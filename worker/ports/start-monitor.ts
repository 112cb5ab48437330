import type { ChildProcess, SpawnOptions } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { cutText } from "../../shared/objects/status-text.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { killGroup } from "./kill-group.ts";
import type { MonitorReply } from "./monitor-launcher.ts";
import { inMounts } from "./mount-namespace.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";
import { setUmask } from "./system-calls.ts";

/** Conmon is told its number by environment variable and writes one line of JSON to it. */
const SYNC_PIPE = 3;
/** A complaint is a sentence or a few; of more the beginning and the end are kept. */
const COMPLAINT_BYTES_MAX = 4_000;

/** A killed process is gone at once, unless the kernel holds it for a device; then its mounts are cleaned up later. */
const END_WAIT_MS = 2_000;
/** conmon's reply is one line with a sentence of the runtime. */
const REPLY_CHARACTERS_MAX = 64 << 10;

/**
 * What conmon makes, and the runtime below it, in the container for a mount, a secret or the working directory: with
 * the daemon's umask only root could enter it. What conmon itself writes lies where only root enters anyway.
 */
const MONITOR_UMASK = 0o022;

/** A monitor that everything is ready for. */
export interface MonitorStart {
  /** An open file of this process: the mount namespace that it runs in. */
  readonly namespace: number;
  readonly argv: readonly string[];
  /** Where the number of the process that becomes the monitor is written. */
  readonly pidFile: string;
  /** PATH, for itself and what it starts. */
  readonly path: string;
}

/**
 * Starts a monitor and waits for its reply. `onStarted` is called when it runs and its number is written. When
 * `stopped` rejects, what was started is killed. @throws what `stopped` rejects with; SwarmError resourceExhausted.
 */
export type StartMonitor = (
  start: MonitorStart,
  onStarted: () => Promise<void>,
  stopped: Promise<never>,
) => Promise<MonitorReply>;

/** On the thread that calls it. */
export const startMonitor: StartMonitor = async ({ namespace, argv, pidFile, path }, onStarted, stopped) => {
  const [program = "", ...args] = argv;
  const failed = Promise.withResolvers<MonitorReply>();
  failed.promise.catch(() => {});
  const options: SpawnOptions = {
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    // Nothing of the daemon's environment may reach the monitor: it outlives the daemon.
    env: { PATH: path, _OCI_SYNCPIPE: String(SYNC_PIPE) },
  };
  const onError = (error: Error): void => {
    const shortage = refusalOfShortage(error, program);
    if (shortage === null) failed.resolve({ pid: -1, complaint: error.message });
    else failed.reject(shortage);
  };
  const child = inMounts(namespace, () => {
    // Of this thread alone, as its namespace is.
    const umask = setUmask(MONITOR_UMASK);
    try {
      return spawnChild(program, args, options, onError);
    } finally {
      setUmask(umask);
    }
  });
  if (child === null) return await failed.promise;
  const reply = Promise.race([replyOf(child), failed.promise]);
  const ended = Promise.race([reply.catch(() => {}), new Promise((resolve) => child.once("exit", resolve))]);
  try {
    // Before anything else happens: a daemon that returns must find what this one has started.
    if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n`);
    await onStarted();
    return await Promise.race([reply, stopped]);
  } catch (error) {
    killGroup(child);
    // Its mounts are gone before the caller removes what they stood on.
    await Promise.race([ended, sleep(systemClock, END_WAIT_MS, "monitor end")]);
    throw error;
  } finally {
    for (const stream of child.stdio) stream?.destroy();
    child.unref();
  }
};

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
