import { SwarmError } from "../../shared/errors.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import type { Task } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";

/**
 * The task that a person means: by its id or the beginning of it, or the newest of a slot, as `web.2`.
 * @throws SwarmError notFound
 */
export async function findTask(cli: Cli, ref: string): Promise<Task> {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  try {
    const { task } = await control.getTask({ ref }, options);
    if (task !== null) return task;
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "notFound") throw error;
  }
  const service = ref.slice(0, Math.max(0, ref.lastIndexOf(".")));
  const { tasks } = await control.listTasks({ namePrefixes: [service] }, options);
  const [newest] = tasks.filter((task) => slotName(task) === ref).sort((a, b) => madeMs(b) - madeMs(a));
  if (newest === undefined) throw new SwarmError("notFound", `task ${ref} not found`);
  return newest;
}

const madeMs = ({ meta }: Task): number => meta?.createdAtMs ?? 0;
