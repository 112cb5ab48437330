import type { NodeId, ServiceId } from "../../../shared/ids.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";
import type { WallMs } from "../../../shared/ports/clock.ts";
import type { ReadView } from "../../store/store-types.ts";
import { isMoving } from "../../tasks/leaving.ts";
import { takesTasks } from "../../tasks/node-fitness.ts";
import { placesOf } from "../../tasks/places.ts";
import { mayReplace } from "../../tasks/restart-rules.ts";
import type { Slot } from "../../tasks/slots.ts";
import { isDirty } from "../../tasks/task-dirty.ts";
import { pinOf } from "./pinned.ts";

/** What a plan may take for moves. */
export interface MoveRules {
  /** What a move has to gain at least, in tasks; 1 or more. */
  readonly gainMin: number;
  readonly movesMax: number;
  /** Tasks made later stay, and nodes that became ready later get none. */
  readonly settledBeforeMs: WallMs;
  /** Services that are left alone, since a move of theirs was called off. */
  readonly heldServices: ReadonlySet<ServiceId>;
}

/** The running tasks of a service by node, as far as their nodes may lose them. */
export interface Members {
  readonly movable: Map<NodeId, Task[]>;
  /** Those that something keeps. */
  readonly kept: Map<NodeId, Task[]>;
  /** What keeps them, or one of them; "" = there is none. */
  readonly keptBy: string;
}

/**
 * Which tasks of a service may be moved. One that is not as it should be, for whatever reason, is left to those who see
 * to that: a move is for services at rest.
 */
export function membersOf(
  view: ReadView,
  service: Service,
  rules: MoveRules & { readonly neighbours: ReadonlySet<string> },
): Members {
  const members = { movable: new Map<NodeId, Task[]>(), kept: new Map<NodeId, Task[]>(), keptBy: "" };
  const { kept: slots, open, surplus } = placesOf(view, service);
  const whole =
    wishOfPlace(view, service, rules.neighbours) ??
    whatHolds(view, service, [...slots, ...surplus], open.length, rules);
  for (const task of slots.flatMap(({ runnable }) => runnable)) {
    const node = task.nodeId === "" ? undefined : view.get("node", task.nodeId);
    // From a paused node nothing moves; one that is being emptied or lost is somebody else's business.
    if (node === undefined || !takesTasks(node) || isMoving(task) || task.status.state !== "RUNNING") continue;
    const pin = whole ?? pinOf(task) ?? whyYet(task, rules);
    const group = pin === null ? members.movable : members.kept;
    if (pin !== null) members.keptBy ||= pin;
    group.set(node.id, [...(group.get(node.id) ?? []), task]);
  }
  return members;
}

/** Names of services, in lower case, that some service wants to be near to, or far from. */
export function namedNeighbours(view: ReadView): ReadonlySet<string> {
  const names = view.all("service").flatMap(({ spec }) => spec.task.placement?.affinities ?? []);
  return new Set(names.map(({ service }) => service.toLowerCase()));
}

/** A service whose place is wished for by more than its own count; null = none. */
function wishOfPlace(view: ReadView, { spec }: Service, neighbours: ReadonlySet<string>): string | null {
  const { placement } = spec.task;
  const strategy = placement?.strategy || view.cluster().spec.placementStrategy;
  if (strategy === "binpack") return "its strategy, which packs tasks on few nodes";
  if ((placement?.affinities ?? []).length > 0) return "its affinities to other services";
  return neighbours.has(spec.annotations.name.toLowerCase()) ? "the affinities of other services to it" : null;
}

/** What keeps all tasks of a service; null = nothing. */
function whatHolds(
  view: ReadView,
  service: Service,
  slots: readonly Slot[],
  missing: number,
  { heldServices }: MoveRules,
): string | null {
  const state = service.updateStatus?.state;
  if (state === "UPDATING" || state === "ROLLBACK_STARTED") return "an update that is under way";
  const isAtRest = slots.every(({ runnable }) => {
    if (runnable.some(isMoving)) return true;
    const [task, ...others] = runnable;
    return task?.status.state === "RUNNING" && others.length === 0 && !isDirty(view, task, service);
  });
  if (!isAtRest || missing > 0) return "tasks of it that do not run as they should";
  return heldServices.has(service.id) ? "a move of it that was called off" : null;
}

function whyYet(task: Task, { settledBeforeMs }: MoveRules): string | null {
  if (task.meta.createdAtMs > settledBeforeMs) return "the time for which tasks stay where they are";
  return mayReplace(task, []) ? null : "its restart policy, which allows no further start";
}
