import type { TaskId } from "../../shared/ids.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { keepsTasks } from "../tasks/node-fitness.ts";
import { endedAtMs } from "../tasks/restart-rules.ts";
import { type SlotPhase, slotPhase } from "../tasks/slot-phase.ts";
import { isGlobal, isOver, type Slot, slotsOf } from "../tasks/slots.ts";

/** How far an update has come in one slot. */
export interface SlotRollout extends SlotPhase {
  readonly slot: Slot;
  /** Whether tasks of exactly this generation were made here: the slot is part of the present update. */
  readonly isTouched: boolean;
  /** When a task of this generation first ran, or ended without running; null = not yet. */
  readonly arrivedAtMs: WallMs | null;
}

/** When tasks started to run, as far as it was seen. */
export type RunningSince = ReadonlyMap<TaskId, WallMs>;

/** Every slot an update may touch, in order. Paused, drained and lost nodes of a global service are left alone. */
export function slotRollouts(view: ReadView, service: Service, runningSince: RunningSince): readonly SlotRollout[] {
  const slots = slotsOf(service, view.tasksOfService(service.id));
  return slots
    .filter((slot) => mayUpdate(view, service, slot))
    .map((slot) => {
      const fresh = slot.tasks.filter((task) => task.generation === service.generation);
      const arrivals = fresh.filter((task) => !isBefore(task.status.state, "RUNNING"));
      return {
        slot,
        ...slotPhase(view, service, slot),
        isTouched: fresh.length > 0,
        arrivedAtMs: arrivals.length === 0 ? null : Math.min(...arrivals.map((task) => arrivedAt(task, runningSince))),
      };
    });
}

function mayUpdate(view: ReadView, service: Service, slot: Slot): boolean {
  if (slot.runnable.length === 0 && !isOver(slot)) return false;
  if (!isGlobal(service)) return true;
  const node = view.get("node", slot.nodeId);
  return node !== undefined && keepsTasks(node) && node.spec.availability === "ACTIVE";
}

function arrivedAt(task: Task, runningSince: RunningSince): WallMs {
  return runningSince.get(task.id) ?? endedAtMs(task);
}
