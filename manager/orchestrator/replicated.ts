import type { NodeId } from "../../shared/ids.ts";
import type { Service } from "../../shared/objects/types.ts";
import { DEFAULT_REPLICAS } from "../../shared/service-spec/defaults.ts";
import type { ReadView } from "../store/store-types.ts";
import { isOver, type Slot, slotsOf } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/**
 * What brings a replicated service to its number of slots (docs/docker-behaviour.md#replicated-services). A slot counts
 * while something is wanted to run in it, and also when it has run its course: scaling never revives a task that may
 * not be restarted. What is in the slots (restarts, updates) is others' business.
 */
export function decideReplicated(view: ReadView, service: Service): readonly TaskStep[] {
  const wanted = service.spec.replicated?.replicas ?? DEFAULT_REPLICAS;
  const slots = slotsOf(service, view.tasksOfService(service.id));
  const current = slots.filter((slot) => slot.runnable.length > 0 || isOver(slot));
  const kept = new Set(rankSlots(current).slice(0, wanted));
  const created = freeNumbers(current, wanted - current.length);
  const refilled = new Set(created);
  // Whatever is not kept goes with all its history; the history of a slot that is filled again stays.
  const surplus = slots.filter((slot) => !kept.has(slot) && !refilled.has(slot.slot));
  return [
    ...surplus.map(forgetSlot),
    ...created.map((slot): TaskStep => [{ kind: "create", slot, nodeId: "", desiredState: "RUNNING" }]),
  ];
}

/**
 * Slots in the order in which a scale-down keeps them: running ones first, then those on nodes that hold fewer of the
 * service's tasks, so that removal takes from the fullest node, then low numbers.
 */
export function rankSlots(slots: readonly Slot[]): readonly Slot[] {
  const byPreference = slots.toSorted((a, b) => Number(isRunning(b)) - Number(isRunning(a)) || a.slot - b.slot);
  const seenOnNode = new Map<NodeId | "", number>();
  const copyNumber = new Map<Slot, number>();
  for (const slot of byPreference) {
    const nodeId = slot.runnable.at(-1)?.nodeId ?? "";
    const seen = seenOnNode.get(nodeId) ?? 0;
    seenOnNode.set(nodeId, seen + 1);
    // Tasks without a node burden nobody: they must not crowd each other out in the order.
    copyNumber.set(slot, nodeId === "" ? 0 : seen);
  }
  return byPreference.toSorted(
    (a, b) =>
      Number(isRunning(b)) - Number(isRunning(a)) ||
      (copyNumber.get(a) ?? 0) - (copyNumber.get(b) ?? 0) ||
      a.slot - b.slot,
  );
}

function isRunning(slot: Slot): boolean {
  return slot.runnable.some((task) => task.status.state === "RUNNING");
}

/** The lowest numbers from 1 that no current slot has. */
function freeNumbers(current: readonly Slot[], count: number): readonly number[] {
  const taken = new Set(current.map(({ slot }) => slot));
  const free: number[] = [];
  for (let slot = 1; free.length < count; slot++) if (!taken.has(slot)) free.push(slot);
  return free;
}

function forgetSlot(slot: Slot): TaskStep {
  return slot.tasks.map(({ id }) => ({ kind: "forget", taskId: id }));
}
