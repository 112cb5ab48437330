import type { Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { placesOf } from "../tasks/places.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/**
 * The steps that bring a replicated service to its number of slots. What is in the slots (restarts, updates) is up to
 * other loops.
 */
export function decideReplicated(view: ReadView, service: Service): readonly TaskStep[] {
  const { open, surplus } = placesOf(view, service);
  return [
    ...surplus.map((slot): TaskStep => slot.tasks.map(({ id }) => ({ kind: "forget", taskId: id }))),
    ...open.map(({ slot }): TaskStep => [{ kind: "create", slot, nodeId: "", desiredState: "RUNNING", isFirst: true }]),
  ];
}
