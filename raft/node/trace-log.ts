import type { Logger } from "../../shared/log.ts";
import { describeTrace } from "../core/printer.ts";
import type { TraceEvent, TraceSink } from "../core/trace.ts";

/** Changes of role and membership are worth a line for people; the rest is for debugging. */
const WORTH_KNOWING: ReadonlySet<TraceEvent["kind"]> = new Set<TraceEvent["kind"]>([
  "becameLeader",
  "becameFollower",
  "campaignStarted",
  "leaderGone",
  "quorumLost",
  "configurationSwitched",
  "confChangeIgnored",
  "snapshotSent",
  "snapshotRestored",
  "snapshotReported",
  "transferStarted",
]);

/** The core's trace as log lines, and to `also` where given. */
export function logTrace(log: Logger, also?: TraceSink): TraceSink {
  return (event) => {
    if (WORTH_KNOWING.has(event.kind)) log.info(`raft: ${describeTrace(event)}`);
    else log.debug(`raft: ${describeTrace(event)}`);
    also?.(event);
  };
}
