import type { Task } from "../rpc/gen/objects.ts";

type Named = Pick<Task, "serviceAnnotations" | "serviceId" | "slot" | "nodeId" | "id">;

/** SERVICE.SLOT, or SERVICE.NODE for tasks of global services, which have no slot: the same for all tasks of a slot. */
export function slotName({ serviceAnnotations, serviceId, slot, nodeId }: Omit<Named, "id">): string {
  return `${serviceAnnotations?.name ?? serviceId}.${slot === 0 ? nodeId : slot}`;
}

/** SLOT.ID, the name of one task and of its container, as in Docker. */
export function taskName(task: Named): string {
  return `${slotName(task)}.${task.id}`;
}
