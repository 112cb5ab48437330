import { messageOf, SwarmError } from "../../shared/errors.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { LaunchNamespace } from "./launch-namespace.ts";
import type { MonitorLaunch, MonitorLauncher, MonitorReply } from "./monitor-launcher.ts";
import { programPath, searchPath } from "./program-path.ts";
import { type StartMonitor, startMonitor } from "./start-monitor.ts";

/**
 * Mounts in a namespace of its own, as steps of this thread, for the reasons in
 * docs/decisions/0002-root-file-system-in-the-monitors-namespace.md, and launches as a child in a session of its own;
 * conmon then leaves this daemon's process tree by itself. `start` starts it, on whichever thread.
 */
export function systemMonitorLauncher(start: StartMonitor = startMonitor): MonitorLauncher {
  return {
    launch: (launch, timeoutMs, signal, whileMounted) => run(launch, { timeoutMs, signal, whileMounted, start }),
  };
}

interface How {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly whileMounted: Parameters<MonitorLauncher["launch"]>[3];
  readonly start: StartMonitor;
}

async function run(launch: MonitorLaunch, { timeoutMs, signal, whileMounted, start }: How): Promise<MonitorReply> {
  const { argv } = launch;
  if (signal.aborted) throw new SwarmError("cancelled", `did not launch ${argv.at(-1)}: cancelled`);
  const runtime = await programPath(launch.runtime);
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
    return await start(
      { namespace: mounted.file, argv: [...argv, "--runtime", runtime], pidFile: launch.pidFile, path: searchPath() },
      // The monitor keeps the namespace from then on; what is mounted must go with it.
      () => mounted[Symbol.asyncDispose](),
      stopped.promise,
    );
  } catch (error) {
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** @throws SwarmError resourceExhausted; another reason is a reply. */
function mountFor({ mounts }: MonitorLaunch): LaunchNamespace | MonitorReply {
  try {
    return new LaunchNamespace(mounts);
  } catch (error) {
    if (error instanceof SwarmError && error.code === "resourceExhausted") throw error;
    return { pid: -1, complaint: messageOf(error) };
  }
}
