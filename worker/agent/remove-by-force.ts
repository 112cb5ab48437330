import { endsWithin } from "../../shared/ends-within.ts";
import { messageOf } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import { LEAVE_FORCE_MS_MAX } from "../../shared/leave-limits.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { TaskExecutor } from "../ports/task-executor.ts";

/**
 * Removes everything of every task on this host at once, without a grace period, for a host that leaves. Never waits
 * longer than LEAVE_FORCE_MS_MAX for it. Resolves with the names of what is still there.
 */
export async function removeByForce(
  nameOf: (taskId: TaskId) => string,
  { executor, clock, log }: { executor: Pick<TaskExecutor, "list" | "remove">; clock: Clock; log: Logger },
): Promise<readonly string[]> {
  const left = new Set<TaskId>();
  const run = async (): Promise<void> => {
    for (const taskId of await executor.list()) left.add(taskId);
    await Promise.all(
      [...left].map(async (taskId) => {
        try {
          await executor.remove(taskId);
          left.delete(taskId);
        } catch (error) {
          log.warn("task not removed while leaving", { taskId, error: messageOf(error) });
        }
      }),
    );
  };
  await endsWithin(LEAVE_FORCE_MS_MAX, run(), clock).catch((error: unknown) => {
    log.warn("tasks on this host not listed while leaving", { error: messageOf(error) });
  });
  return [...left].map(nameOf).sort();
}
