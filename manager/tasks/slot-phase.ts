import { isBefore } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { isLeaving } from "./leaving.ts";
import { isLost, keepsOriginal } from "./loss.ts";
import type { Slot } from "./slots.ts";
import { isDirty } from "./task-dirty.ts";

/** What a slot holds, compared with its service's present spec. */
export interface SlotPhase {
  /**
   * outdated: only tasks of an older spec; crossing: a task that should stay, and others that should go; updated: one
   * task of the present spec, or nothing that an update could improve.
   */
  readonly phase: "outdated" | "crossing" | "updated";
  /** The task that should stay; null while outdated, or when nothing is wanted to run. */
  readonly keeper: Task | null;
}

/** The only judgement of "up to date": the updater works by it, and so does what a waiting command is told. */
export function slotPhase(view: ReadView, service: Service, slot: Slot): SlotPhase {
  const newest = slot.tasks.at(-1);
  if (slot.runnable.length === 0) {
    const isOutdated = newest !== undefined && isDirty(view, newest, service);
    return { phase: isOutdated ? "outdated" : "updated", keeper: null };
  }
  const clean = slot.runnable.filter((task) => !isDirty(view, task, service));
  const isPair = keepsOriginal(service);
  const present = isPair ? clean.filter((task) => !isLost(view, task)) : clean;
  const keeper = (present.length > 0 ? present : clean).reduce(preferred, null);
  if (keeper === null) return { phase: "outdated", keeper };
  // A task that leaves its node and its successor are one for an update, and so are one whose host is lost and its
  // stand-in: the restart supervisor sees to them.
  const leaving = isPair ? clean.filter((task) => task !== keeper) : clean.filter((task) => isLeaving(view, task));
  const inTheWay = slot.runnable.length - leaving.length - (clean.length > leaving.length ? 1 : 0);
  return { phase: inTheWay === 0 ? "updated" : "crossing", keeper };
}

/** The further advanced one; of two equally far, the older one. */
export function preferred(best: Task | null, task: Task): Task {
  return best === null || isBefore(best.status.state, task.status.state) ? task : best;
}
