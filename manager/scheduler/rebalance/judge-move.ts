import type { Task } from "../../../shared/objects/types.ts";
import type { WallMs } from "../../../shared/ports/clock.ts";
import type { TaskMove } from "../../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../../store/store-types.ts";
import { failedHeir, goalOf, heirOf, tasksOfSlot } from "../../tasks/leaving.ts";
import { takesTasks } from "../../tasks/node-fitness.ts";
import { isDirty } from "../../tasks/task-dirty.ts";
import { nodeName } from "./service-balance.ts";

/**
 * A successor that does not run by then has no image, no room or no health; until then the old task serves. As long as
 * draining a node may take unless another time is given.
 */
export const MOVE_MS_MAX = 600_000;

export type MoveState =
  /** Look again after this time even if nothing changes, in milliseconds. */
  | { readonly kind: "underWay"; readonly leftMs: number }
  /** The task stays; `reason` in one sentence without a full stop. */
  | { readonly kind: "calledOff"; readonly reason: string };

/** Whether a task should go on to leave, or stays after all. */
export function judgeMove(view: ReadView, task: Task & { readonly move: TaskMove }, nowMs: WallMs): MoveState {
  const service = view.get("service", task.serviceId);
  if (service === undefined) return calledOff("its service was removed");
  if (isDirty(view, task, service)) return calledOff("its service has another spec now");
  const goal = view.get("node", goalOf(task));
  if (goal === undefined) return calledOff("the node it was to go to was removed");
  if (!takesTasks(goal)) return calledOff(`${nodeName(goal)} takes no tasks any more`);
  const slotTasks = tasksOfSlot(view, service, task);
  const failed = failedHeir(task, slotTasks);
  if (failed !== undefined) {
    const { state, err } = failed.status;
    return calledOff(
      `its successor on ${nodeName(goal)} ended (${state.toLowerCase()}${err === "" ? "" : `: ${err}`})`,
    );
  }
  // A new leader's clock may be behind: it must not give the move more time.
  const leftMs = Math.min(MOVE_MS_MAX, task.move.startedAtMs + MOVE_MS_MAX - nowMs);
  if (leftMs > 0) return { kind: "underWay", leftMs };
  const why = heirOf(task, slotTasks)?.status.err ?? "";
  const minutes = MOVE_MS_MAX / 60_000;
  return calledOff(
    `its successor on ${nodeName(goal)} did not come to run within ${minutes} minutes${why === "" ? "" : `: ${why}`}`,
  );
}

const calledOff = (reason: string): MoveState => ({ kind: "calledOff", reason });
