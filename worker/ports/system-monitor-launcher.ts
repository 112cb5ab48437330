import type { ChildProcess, SpawnOptions } from "node:child_process";
import { constants, writeFileSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { cutText } from "../../shared/objects/status-text.ts";
import { sleep } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { killGroup } from "./kill-group.ts";
import { LaunchNamespace } from "./launch-namespace.ts";
import type { MonitorLaunch, MonitorLauncher, MonitorReply } from "./monitor-launcher.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";

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
const DEFAULT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Mounts in a namespace of its own, as steps of this thread, for the reasons in
 * docs/decisions/0002-root-file-system-in-the-monitors-namespace.md, and
 * launches as a child in a session of its own; conmon then leaves this daemon's process tree by itself.
 */
export const systemMonitorLauncher: MonitorLauncher = {
  async launch(launch, timeoutMs, signal, whileMounted) {
    const { argv } = launch;
    if (signal.aborted) throw new SwarmError("cancelled", `did not launch ${argv.at(-1)}: cancelled`);
    const path = process.env["PATH"] ?? DEFAULT_PATH;
    const runtime = await programPath(launch.runtime, path);
    if (runtime === null) return { pid: -1, complaint: `${launch.runtime} is not installed` };
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
      const namespace = mountFor(launch);
      if (!(namespace instanceof LaunchNamespace)) return namespace;
      await using mounted = namespace;
      await whileMounted(mounted, stopping.signal);
      stopping.signal.throwIfAborted();
      return await replyOfMonitor(mounted, [...argv, "--runtime", runtime], launch.pidFile, path, stopped.promise);
    } catch (error) {
      throw stopping.signal.aborted ? stopping.signal.reason : error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  },
};

/** @throws SwarmError resourceExhausted; another reason is a reply. */
function mountFor({ mounts }: MonitorLaunch): LaunchNamespace | MonitorReply {
  try {
    return new LaunchNamespace(mounts);
  } catch (error) {
    if (error instanceof SwarmError && error.code === "resourceExhausted") throw error;
    return { pid: -1, complaint: messageOf(error) };
  }
}

/** Starts the monitor in the namespace; from then on that needs nothing of this daemon. */
async function replyOfMonitor(
  mounted: LaunchNamespace,
  [program = "", ...args]: readonly string[],
  pidFile: string,
  path: string,
  stopped: Promise<never>,
): Promise<MonitorReply> {
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
  const child = mounted.within(() => {
    // Of this thread alone, as its namespace is.
    const umask = process.umask(MONITOR_UMASK);
    try {
      return spawnChild(program, args, options, onError);
    } finally {
      process.umask(umask);
    }
  });
  if (child === null) return await failed.promise;
  const reply = Promise.race([replyOf(child), failed.promise]);
  const ended = Promise.race([reply.catch(() => {}), new Promise((resolve) => child.once("exit", resolve))]);
  try {
    // Before anything else happens: a daemon that returns must find what this one has started.
    if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n`);
    // The monitor keeps the namespace now; what is mounted must go with it.
    await mounted[Symbol.asyncDispose]();
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
}

/** As execvp(3) would find it; null = there is none. */
async function programPath(name: string, path: string): Promise<string | null> {
  const places = name.includes("/") ? [name] : path.split(":").map((directory) => join(directory, name));
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return null;
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
