import type { Constraint } from "../../shared/constraint.ts";
import { meetsConstraints } from "../../shared/constraint-fit.ts";
import type { NodeId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { Node, Service, TaskSpec } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { serviceAt } from "./canary.ts";
import { isJob, presentRun } from "./jobs.ts";
import { keepsTasks, readConstraints, takesTasks } from "./node-fitness.ts";
import { replicasOf } from "./replicas.ts";
import { isDoneJob, isOver, type Slot, slotsOf } from "./slots.ts";

/** Where a service should have tasks: what orchestrators bring about, and what progress is measured against. */
export interface Places {
  /** Slots that count: something is wanted to run in them, or they have run their course. */
  readonly kept: readonly Slot[];
  /** Slots to be filled, with the tasks they had. */
  readonly open: readonly Slot[];
  /** Slots that are removed, or whose tasks are. */
  readonly surplus: readonly Slot[];
}

/** Of a job, the places of one run, and of the present one unless it is said; before the first run there are none. */
export function placesOf(view: ReadView, service: Service, run: number | undefined = presentRun(service)): Places {
  const { spec } = service;
  if (isJob(service) && run === undefined) return { kept: [], open: [], surplus: [] };
  const slots = slotsOf(service, view.tasksOfService(service.id), run);
  switch (spec.mode) {
    case "global":
      return globalPlaces(view, service, slots);
    case "globalJob":
      return withDoneKept(globalPlaces(view, service, slots));
    case "replicated":
      return replicatedPlaces(replicasOf(service), slots);
    case "replicatedJob":
      return jobPlaces(spec.replicatedJob.totalCompletions, slots);
    default:
      return unreachable(spec);
  }
}

/**
 * One place on each eligible node (docs/docker-behaviour.md#global-services). A paused node keeps what it has and gets
 * nothing new; a node that is drained, lost or no longer matches loses its task.
 */
function globalPlaces(view: ReadView, service: Service, slots: readonly Slot[]): Places {
  // Read once for each spec, of which a canary makes two, and not for each of the nodes.
  const constraintsOf = new Map<TaskSpec, readonly Constraint[] | null>();
  const isEligible = (node: Node | undefined): node is Node => {
    if (node === undefined || !keepsTasks(node)) return false;
    const { task } = serviceAt(service, { slot: 0, nodeId: node.id }).spec;
    let constraints = constraintsOf.get(task);
    if (constraints === undefined) {
      constraints = readConstraints(task);
      constraintsOf.set(task, constraints);
    }
    return constraints !== null && meetsConstraints(node, constraints);
  };
  const byNode = new Map<NodeId | "", Slot>(slots.map((slot) => [slot.nodeId, slot]));
  const surplus = slots.filter(({ nodeId }) => !isEligible(nodeId === "" ? undefined : view.get("node", nodeId)));
  const isSurplus = new Set(surplus);
  const kept = slots.filter((slot) => !isSurplus.has(slot) && isOccupied(slot));
  const isKept = new Set(kept.map(({ nodeId }) => nodeId));
  const open = view
    .all("node")
    .filter((node) => takesTasks(node) && isEligible(node) && !isKept.has(node.id))
    .map(({ id }) => byNode.get(id) ?? emptySlot(0, id));
  return { kept, open, surplus };
}

/**
 * The given number of slots (docs/docker-behaviour.md#replicated-services). A slot counts while something is wanted to
 * run in it, and also when it has run its course: scaling never revives a task that may not be restarted. A slot that
 * does not count is removed with all its history, unless its number is filled again.
 */
function replicatedPlaces(wanted: number, slots: readonly Slot[]): Places {
  const current = slots.filter(isOccupied);
  const kept = rankSlots(current).slice(0, wanted);
  const byNumber = new Map(slots.map((slot) => [slot.slot, slot]));
  const open = freeNumbers(current, wanted - current.length).map((slot) => byNumber.get(slot) ?? emptySlot(slot, ""));
  const stays = new Set([...kept, ...open]);
  return { kept, open, surplus: slots.filter((slot) => !stays.has(slot)) };
}

/**
 * Slots in the order in which a scale-down keeps them: running ones first, then those on nodes that hold fewer of the
 * service's tasks, so that removal takes from the fullest node, then low numbers.
 */
function rankSlots(slots: readonly Slot[]): readonly Slot[] {
  const byPreference = slots.toSorted((a, b) => Number(isRunning(b)) - Number(isRunning(a)) || a.slot - b.slot);
  const seenOnNode = new Map<NodeId | "", number>();
  const copyNumber = new Map<Slot, number>();
  for (const slot of byPreference) {
    const nodeId = slot.runnable.at(-1)?.nodeId ?? "";
    const seen = seenOnNode.get(nodeId) ?? 0;
    seenOnNode.set(nodeId, seen + 1);
    // Tasks without a node burden no node: they must not push each other back in the order.
    copyNumber.set(slot, nodeId === "" ? 0 : seen);
  }
  return byPreference.toSorted(
    (a, b) =>
      Number(isRunning(b)) - Number(isRunning(a)) ||
      (copyNumber.get(a) ?? 0) - (copyNumber.get(b) ?? 0) ||
      a.slot - b.slot,
  );
}

/** The lowest numbers, from 1, that no current slot has. */
function freeNumbers(current: readonly Slot[], count: number): readonly number[] {
  const taken = new Set(current.map(({ slot }) => slot));
  const free: number[] = [];
  for (let slot = 1; free.length < count; slot++) if (!taken.has(slot)) free.push(slot);
  return free;
}

/** The slots 1 to the number of completions: a job's numbers never move, since each stands for a piece of its work. */
function jobPlaces(wanted: number, slots: readonly Slot[]): Places {
  const [kept, surplus] = [slots.filter(({ slot }) => slot <= wanted), slots.filter(({ slot }) => slot > wanted)];
  const occupied = kept.filter(isOccupied);
  const byNumber = new Map(kept.map((slot) => [slot.slot, slot]));
  const open = freeNumbers(occupied, wanted - occupied.length).map((slot) => byNumber.get(slot) ?? emptySlot(slot, ""));
  return { kept: occupied, open, surplus };
}

/** What was done on a node stays done, whatever became of the node. */
function withDoneKept({ kept, open, surplus }: Places): Places {
  return {
    kept: [...kept, ...surplus.filter(isDoneJob)],
    open,
    surplus: surplus.filter((slot) => !isDoneJob(slot)),
  };
}

function isOccupied(slot: Slot): boolean {
  return slot.runnable.length > 0 || isOver(slot);
}

function isRunning(slot: Slot): boolean {
  return slot.runnable.some((task) => task.status.state === "RUNNING");
}

function emptySlot(slot: number, nodeId: NodeId | ""): Slot {
  return { slot, nodeId, tasks: [], runnable: [] };
}
