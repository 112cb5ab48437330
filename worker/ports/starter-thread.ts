/** The thread that starts programs for the daemon: see ProgramStarter. */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { sharePriorities } from "../../shared/ports/own-priority.ts";
import type { CommandResult } from "./command-runner.ts";
import type { MonitorReply } from "./monitor-launcher.ts";
import { startMonitor } from "./start-monitor.ts";
import type { StarterAnswer, StarterData, StarterFault, StarterRequest } from "./starter-messages.ts";
import { resetPriorityOfChildren } from "./system-calls.ts";
import { SystemCommandRunner } from "./system-command-runner.ts";

const daemon = mustHave(parentPort, "the thread that has started this one");
const commands = new SystemCommandRunner();
/** By number, how a piece of work that is under way is ended. */
const stops = new Map<number, () => void>();

// It keeps the daemon's priority, since while it makes a child nobody in the process gets or touches new memory; the
// child has the usual one, which the kernel itself can see to where that is 0.
const { priorities }: StarterData = workerData;
if (priorities?.usual === 0) resetPriorityOfChildren();
else sharePriorities(priorities);

const say = (answer: StarterAnswer): void => daemon.postMessage(answer);

daemon.on("message", (request: StarterRequest) => {
  const { id } = request;
  if (request.kind === "stop") {
    stops.get(id)?.();
    return;
  }
  work(request)
    .then(
      (result) => say({ kind: "done", id, result }),
      (error: unknown) => say({ kind: "failed", id, fault: faultOf(error) }),
    )
    .finally(() => stops.delete(id));
});

async function work(request: Exclude<StarterRequest, { kind: "stop" }>): Promise<CommandResult | MonitorReply> {
  const { id } = request;
  const reason = new SwarmError("cancelled", "nobody waits for it any more");
  if (request.kind === "run") {
    const end = new AbortController();
    stops.set(id, () => end.abort(reason));
    return await commands.run(request.argv, { ...request.options, signal: end.signal });
  }
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  stops.set(id, () => stopped.reject(reason));
  const onStarted = async (): Promise<void> => say({ kind: "started", id });
  return await startMonitor(request.start, onStarted, stopped.promise);
}

function faultOf(error: unknown): StarterFault {
  const cause = error instanceof SwarmError ? error.cause : error;
  return {
    code: error instanceof SwarmError ? error.code : "internal",
    message: messageOf(error),
    systemCode: cause instanceof Error && "code" in cause ? String(cause.code) : "",
  };
}
