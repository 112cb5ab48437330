import { SwarmError } from "../../../shared/errors.ts";
import { slotName } from "../../../shared/objects/task-name.ts";
import type { Task } from "../../../shared/rpc/gen/objects.ts";
import type { Cli } from "../../cli.ts";
import { Flags } from "../../flags.ts";
import { printLogs } from "../logs.ts";

/** Of a task that failed: enough to see why, not so much that the reason scrolls away. */
const LAST_LINES = 10;

/**
 * Prints the task for which a change of a service failed, and the last lines of its log, to standard error: the one
 * that its update names, else the newest that failed. Nothing, if none is left of them. This happens on the way to
 * another error, so that what cannot be had is passed over in silence.
 */
export async function printFailedTask(cli: Cli, serviceId: string): Promise<void> {
  try {
    const control = await cli.api.control();
    const { tasks } = await control.listTasks({ services: [serviceId] }, { signal: cli.signal });
    const { service } = await control.getService({ ref: serviceId }, { signal: cli.signal });
    const named = tasks.find(({ id }) => id === service?.updateStatus?.failedTask);
    const failed = named ?? tasks.filter(hasFailed).sort((a, b) => createdMs(b) - createdMs(a))[0];
    if (failed === undefined) return;
    cli.output.warn(`Task ${slotName(failed)}.${failed.id} failed: ${errorOf(failed)}`);
    await printLogs(cli, failed.id, new Flags({ tail: String(LAST_LINES) }), { to: "err" });
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
  }
}

const hasFailed = ({ status }: Task): boolean => status?.state === "FAILED" || status?.state === "REJECTED";
const createdMs = ({ meta }: Task): number => meta?.createdAtMs ?? 0;

function errorOf({ status }: Task): string {
  if (status?.err) return status.err;
  return status?.state === "COMPLETE" ? "it ended, with exit code 0" : "it gave no reason";
}
