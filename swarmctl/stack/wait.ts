import { slotName } from "../../shared/objects/task-name.ts";
import type { Task } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { Flags } from "../flags.ts";
import { printLogs } from "../service/logs.ts";
import type { ProgressView } from "../service/progress/progress-view.ts";
import { type Written, waitForService } from "../service/progress/wait-for-service.ts";

/** Of a task that failed: enough to see why, not so much that the reason scrolls away. */
const LAST_LINES = 10;

/** A service as it was written, or as it was found. */
export interface Awaited extends Written {
  readonly name: string;
  /** It was not written now: that it runs is enough, without watching whether it stays so. */
  readonly isKept: boolean;
  /** Keys of the services that it waits for itself. */
  readonly dependsOn: readonly string[];
}

/** Waits until a service runs as wanted. @throws SwarmError failedPrecondition that says why it cannot. */
export async function waitFor(cli: Cli, service: Awaited, view: ProgressView): Promise<void> {
  await waitForService(cli, service, view, { isWatched: !service.isKept });
}

/** The newest task of a service that failed, and the last lines of its log. */
export async function printFailedTask(cli: Cli, serviceId: string): Promise<void> {
  const control = await cli.api.control();
  const { tasks } = await control.listTasks({ services: [serviceId] }, { signal: cli.signal });
  const failed = tasks
    .filter(({ status }) => status?.state === "FAILED" || status?.state === "REJECTED")
    .sort((a, b) => createdMs(b) - createdMs(a))[0];
  if (failed === undefined) return;
  cli.output.warn(`Task ${slotName(failed)}.${failed.id} failed: ${failed.status?.err ?? ""}`);
  await printLogs(cli, failed.id, new Flags({ tail: String(LAST_LINES) }));
}

function createdMs({ meta }: Task): number {
  return meta?.createdAtMs ?? 0;
}
