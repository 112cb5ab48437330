import type { NodeId } from "../../shared/ids.ts";
import type { Node, Service } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { keepsTasks, meetsPlacement, takesTasks } from "../tasks/node-fitness.ts";
import { isOver, type Slot, slotsOf } from "../tasks/slots.ts";
import type { TaskStep } from "../tasks/task-steps.ts";

/**
 * What gives each eligible node one task of a global service (docs/docker-behaviour.md#global-services). A paused node
 * keeps what it has and gets nothing; a drained, lost or no longer matching node loses its task; what belongs to a
 * removed node is forgotten. The scheduler still has to confirm each preset node.
 */
export function decideGlobal(view: ReadView, service: Service): readonly TaskStep[] {
  const slots = new Map<NodeId | "", Slot>();
  for (const slot of slotsOf(service, view.tasksOfService(service.id))) slots.set(slot.nodeId, slot);
  const steps: TaskStep[] = [];
  for (const slot of slots.values()) {
    const node = slot.nodeId === "" ? undefined : view.get("node", slot.nodeId);
    if (node === undefined) steps.push(slot.tasks.map(({ id }) => ({ kind: "forget", taskId: id })));
    else if (!isEligible(node, service)) steps.push(...stopAll(slot));
  }
  for (const node of view.all("node")) {
    if (!takesTasks(node) || !isEligible(node, service)) continue;
    const slot = slots.get(node.id);
    if (slot !== undefined && (slot.runnable.length > 0 || isOver(slot))) continue;
    steps.push([{ kind: "create", slot: 0, nodeId: node.id, desiredState: "RUNNING" }]);
  }
  return steps;
}

function isEligible(node: Node, service: Service): boolean {
  return keepsTasks(node) && meetsPlacement(node, service.spec.task);
}

function stopAll(slot: Slot): readonly TaskStep[] {
  return slot.runnable.map(({ id }) => [{ kind: "shutdown", taskId: id }]);
}
