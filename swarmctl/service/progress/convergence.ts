import { isDeepStrictEqual } from "node:util";
import { unreachable } from "../../../shared/invariant.ts";
import { rankOf } from "../../../shared/objects/task-state.ts";
import type { Node, Service, ServiceSpec, Task, TaskState } from "../../../shared/rpc/gen/objects.ts";
import { DEFAULT_REPLICAS } from "../../../shared/service-spec/defaults.ts";
import type { SwarmCopy } from "./swarm-copy.ts";

/** How far one slot, or one node of a global service, is. */
export interface SlotProgress {
  /** "3" of a replicated service, a host name of a global one. */
  readonly key: string;
  /** State of its newest task; null while there is none. */
  readonly state: TaskState | null;
  /** What is wrong, in the task's own words; "" = nothing. */
  readonly error: string;
  readonly running: boolean;
  /** Its task has ended and the restart policy replaces it no more. */
  readonly isOver: boolean;
}

export interface Progress {
  readonly slots: readonly SlotProgress[];
  readonly running: number;
  readonly wanted: number;
  readonly converged: boolean;
}

/** Which nodes a global service is for. */
export type MayRunOn = (node: Node, service: Service) => boolean;

/** Compares what the service wants with what its tasks report. */
export function progressOf(copy: SwarmCopy, mayRunOn: MayRunOn): Progress {
  const { service } = copy;
  if (service === null || service.spec === null) return { slots: [], running: 0, wanted: 0, converged: false };
  const slots = slotsOf(copy, service, service.spec, mayRunOn);
  const running = slots.filter((slot) => slot.running).length;
  // A task that completed and shall not run again did what was asked of it.
  const converged = slots.every((slot) => slot.running || (slot.isOver && slot.state === "COMPLETE"));
  return { slots, running, wanted: slots.length, converged };
}

/**
 * Tasks that ended since `knownIds` was taken, by slot key: a slot whose tasks only end will not get better by itself.
 */
export function endsSince(copy: SwarmCopy, knownIds: ReadonlySet<string>): ReadonlyMap<string, readonly Task[]> {
  const ends = new Map<string, Task[]>();
  for (const task of copy.tasks.values()) {
    if (knownIds.has(task.id) || !hasEnded(task)) continue;
    const node = copy.nodes.get(task.nodeId);
    const key = task.slot > 0 ? String(task.slot) : node === undefined ? task.nodeId : nameOf(node);
    ends.set(key, [...(ends.get(key) ?? []), task]);
  }
  return ends;
}

/** It came to an end by itself: nobody told it to stop. */
export function hasEnded({ status }: Task): boolean {
  return status?.state === "FAILED" || status?.state === "REJECTED" || status?.state === "COMPLETE";
}

function slotsOf(copy: SwarmCopy, service: Service, spec: ServiceSpec, mayRunOn: MayRunOn): readonly SlotProgress[] {
  switch (spec.mode) {
    case "global":
      return globalSlots(copy, service, mayRunOn);
    case "replicated":
      return replicatedSlots(copy, service);
    case undefined:
      // A mode of a newer manager: what it wants cannot be told, so nothing is waited for.
      return [];
    default:
      return unreachable(spec);
  }
}

function replicatedSlots(copy: SwarmCopy, service: Service): readonly SlotProgress[] {
  const wanted = service.spec?.replicated?.replicas ?? DEFAULT_REPLICAS;
  const bySlot = new Map<number, Task[]>();
  for (const task of copy.tasks.values()) {
    if (!isWanted(task) && !hasEnded(task)) continue;
    bySlot.set(task.slot, [...(bySlot.get(task.slot) ?? []), task]);
  }
  for (const [slot, tasks] of bySlot) if (!tasks.some(isWanted) && !isExhausted(tasks, service)) bySlot.delete(slot);
  // After scaling down the slots that are left need not be the first ones.
  const used = [...bySlot.keys()].sort((a, b) => a - b).slice(0, wanted);
  for (let slot = 1; used.length < wanted; slot++) if (!bySlot.has(slot)) used.push(slot);
  return used.sort((a, b) => a - b).map((slot) => slotProgress(copy, service, String(slot), bySlot.get(slot) ?? []));
}

function globalSlots(copy: SwarmCopy, service: Service, mayRunOn: MayRunOn): readonly SlotProgress[] {
  return [...copy.nodes.values()]
    .filter((node) => mayRunOn(node, service))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .map((node) => {
      const tasks = [...copy.tasks.values()].filter(
        (task) => task.nodeId === node.id && (isWanted(task) || hasEnded(task)),
      );
      return slotProgress(copy, service, nameOf(node), tasks);
    });
}

function slotProgress(copy: SwarmCopy, service: Service, key: string, tasks: readonly Task[]): SlotProgress {
  const isOver = isExhausted(tasks, service);
  const newest = newestOf(tasks.filter((task) => isUpToDate(task, service) && (isOver || isWanted(task))));
  if (newest === null) return { key, state: null, error: "", running: false, isOver };
  const { state = "NEW", err = "" } = newest.status ?? {};
  return {
    key,
    state,
    // A replacement that waits for its turn tells nothing; what its predecessor died of does.
    error: err === "" && state !== "RUNNING" ? lastError(copy, newest) : err,
    running: state === "RUNNING" && newest.desiredState === "RUNNING",
    isOver,
  };
}

function isWanted(task: Task): boolean {
  return rankOf(task.desiredState) <= rankOf("RUNNING");
}

/**
 * Whether a slot stays empty by the restart policy. Attempts within a window can be counted only by the leader: such a
 * slot is waited for.
 */
function isExhausted(tasks: readonly Task[], service: Service): boolean {
  if (tasks.some(isWanted)) return false;
  const ends = tasks.filter((task) => isUpToDate(task, service));
  const newest = newestOf(ends);
  if (newest === null) return false;
  const { condition = "ANY", maxAttempts = 0, windowMs = 0 } = service.spec?.task?.restart ?? {};
  if (condition === "NONE") return true;
  if (condition === "ON_FAILURE" && newest.status?.state === "COMPLETE") return true;
  const tries = ends.filter(({ generation }) => generation === service.generation).length;
  return maxAttempts > 0 && windowMs === 0 && tries > maxAttempts;
}

/** Placement is left out: a task whose node satisfies the new one is kept as it is. */
function isUpToDate(task: Task, service: Service): boolean {
  if (task.generation === service.generation) return true;
  const wanted = service.spec?.task ?? null;
  return isDeepStrictEqual({ ...task.spec, placement: null }, { ...wanted, placement: null });
}

function lastError(copy: SwarmCopy, task: Task): string {
  const before = [...copy.tasks.values()].filter(
    (other) =>
      other.id !== task.id &&
      other.slot === task.slot &&
      (task.slot > 0 || other.nodeId === task.nodeId) &&
      (other.status?.state === "FAILED" || other.status?.state === "REJECTED") &&
      other.generation === task.generation,
  );
  return newestOf(before)?.status?.err ?? "";
}

function newestOf(tasks: readonly Task[]): Task | null {
  let newest: Task | null = null;
  for (const task of tasks) {
    if (newest === null || (task.meta?.createdAtMs ?? 0) >= (newest.meta?.createdAtMs ?? 0)) newest = task;
  }
  return newest;
}

function nameOf(node: Node): string {
  return node.description?.hostname || node.id;
}
