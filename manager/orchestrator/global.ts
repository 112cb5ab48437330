import type { Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { placesOf } from "../tasks/places.ts";
import type { Slot } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/**
 * The steps that give each eligible node one task of a global service; tasks of a removed node are deleted. The
 * scheduler still has to confirm each preset node.
 */
export function decideGlobal(view: ReadView, service: Service): readonly TaskStep[] {
  const { open, surplus } = placesOf(view, service);
  return [
    ...surplus.flatMap((slot) => {
      const exists = slot.nodeId !== "" && view.get("node", slot.nodeId) !== undefined;
      return exists ? stopAll(slot) : [slot.tasks.map(({ id }) => ({ kind: "forget", taskId: id }) as const)];
    }),
    ...open.map(
      ({ nodeId }): TaskStep => [{ kind: "create", slot: 0, nodeId, desiredState: "RUNNING", isFirst: true }],
    ),
  ];
}

function stopAll(slot: Slot): readonly TaskStep[] {
  return slot.runnable.map(({ id }) => [{ kind: "shutdown", taskId: id }]);
}
