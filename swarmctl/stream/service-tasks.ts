import { SwarmError } from "../../shared/errors.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import type { Cli } from "../cli.ts";
import { naturalCompare } from "../format/natural-order.ts";

/** A running task of a service. */
export interface RunningTask {
  readonly taskId: string;
  /** SERVICE.SLOT. */
  readonly name: string;
  readonly nodeId: string;
  readonly hostname: string;
}

/** The running tasks of a service, by id or name; null = there is no such service, or this host cannot tell. */
export async function runningTasksOf(cli: Cli, ref: string): Promise<readonly RunningTask[] | null> {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  try {
    const { service } = await control.getService({ ref }, options);
    const [{ tasks }, { nodes }] = await Promise.all([control.listTasks({}, options), control.listNodes({}, options)]);
    const hostnames = new Map(nodes.map(({ id, description }) => [id, description?.hostname ?? id]));
    return tasks
      .filter((task) => task.serviceId === service?.id && task.status?.state === "RUNNING")
      .map((task) => ({
        taskId: task.id,
        name: slotName(task),
        nodeId: task.nodeId,
        hostname: hostnames.get(task.nodeId) ?? task.nodeId,
      }))
      .sort((one, other) => naturalCompare(one.name, other.name));
  } catch (error) {
    if (error instanceof SwarmError && ["notFound", "failedPrecondition"].includes(error.code)) return null;
    throw error;
  }
}
