import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Readable } from "node:stream";
import { SwarmError } from "../../shared/errors.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { killGroup } from "./kill-group.ts";
import type { MonitorLauncher, MonitorReply } from "./monitor-launcher.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";

/** Conmon is told its number by environment variable and writes one line of JSON to it. */
const SYNC_PIPE = 3;
/** A complaint is a sentence or a few; the rest would be noise. */
const COMPLAINT_CHARACTERS_MAX = 4000;

/** Launches as a child in a session of its own; conmon then leaves this daemon's process tree by itself. */
export const systemMonitorLauncher: MonitorLauncher = {
  launch(argv, timeoutMs, signal) {
    const [program, ...args] = argv;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new SwarmError("cancelled", `did not launch ${argv.at(-1)}: cancelled`));
        return;
      }
      let timer: Disposable | null = null;
      let onAbort = (): void => {};
      const settle = (finish: () => void): void => {
        timer?.[Symbol.dispose]();
        signal.removeEventListener("abort", onAbort);
        sync?.destroy();
        child?.stderr?.destroy();
        child?.unref();
        finish();
      };
      const options: SpawnOptions = {
        cwd: "/",
        detached: true,
        stdio: ["ignore", "ignore", "pipe", "pipe"],
        // Nothing of the daemon's environment may reach the monitor: it outlives the daemon.
        env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", _OCI_SYNCPIPE: String(SYNC_PIPE) },
      };
      let sync: Readable | null = null;
      let child: ChildProcess | null = null;
      child = spawnChild(program, args, options, (error) => {
        const shortage = refusalOfShortage(error, program);
        settle(() => (shortage === null ? resolve({ pid: -1, complaint: error.message }) : reject(shortage)));
      });
      if (child === null) return;
      const started = child;
      sync = child.stdio[SYNC_PIPE] as Readable;
      let said = "";
      let printed = "";
      const stop = (reason: SwarmError): void => {
        killGroup(started);
        settle(() => reject(reason));
      };
      const late = `no reply from the container's monitor: ${argv.at(-1)}`;
      timer = systemClock.schedule(timeoutMs, "monitor", () => stop(new SwarmError("deadlineExceeded", late)));
      onAbort = () => stop(new SwarmError("cancelled", `the launch of ${argv.at(-1)} was cancelled`));
      signal.addEventListener("abort", onAbort, { once: true });
      child.stderr?.on("data", (chunk: Buffer) => {
        if (printed.length < COMPLAINT_CHARACTERS_MAX) printed += chunk.toString("utf8");
      });
      // A program that fails before it is conmon ends without a word on the pipe.
      child.once("close", () => settle(() => resolve(parseReply(said, printed))));
      sync.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        if (said.includes("\n")) settle(() => resolve(parseReply(said, printed)));
      });
    });
  },
};

function parseReply(said: string, printed: string): MonitorReply {
  try {
    const reply: { readonly data?: unknown; readonly message?: unknown } = JSON.parse(said.split("\n")[0] ?? "");
    const pid = typeof reply.data === "number" ? reply.data : -1;
    return { pid, complaint: typeof reply.message === "string" ? reply.message : "" };
  } catch {
    return { pid: -1, complaint: printed.trim() };
  }
}
