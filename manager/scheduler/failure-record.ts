import type { NodeId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { Change } from "../store/store-types.ts";

/** This many failures of a service's present spec on a node ... */
export const FAILURES_SERIOUS = 5;
/** ... within this time, and other nodes are preferred; Docker's numbers. */
export const FAILURE_WINDOW_MS = 5 * 60_000;
/** Instants kept for one service on one node; more would add nothing. */
const FAILURES_KEPT_MAX = 20;

/**
 * Where tasks have recently failed. The store keeps only a few dead tasks of each slot, so failures are noted as they
 * are seen; a new leader starts with those that the store still has.
 */
export class FailureRecord {
  /** By service and generation, then by node. */
  readonly #instants = new Map<string, Map<NodeId, WallMs[]>>();
  /** Which of them are of global services. */
  readonly #globals = new Set<string>();

  /**
   * Takes over the failures among the tasks as they were when the record was begun, one with each step: what happens
   * between two steps is noted by itself.
   */
  *fill(tasks: readonly Task[]): Generator<void> {
    for (const task of tasks) {
      if (isFailure(task)) this.#add(task);
      yield;
    }
  }

  /** Notes a task that has just failed. */
  note(change: Change): void {
    if (change.kind !== "task" || change.action !== "update" || change.old === null) return;
    if (isFailure(change.object) && !isFailure(change.old)) this.#add(change.object);
  }

  /**
   * Failures of tasks like this one in the window before `nowMs`, by node, where they are serious. Tasks of a global
   * service cannot go elsewhere, but they say something about their node: where they fail seriously, on at most half of
   * the cluster's nodes, that counts as one more. On more nodes it is the service that is ill.
   */
  serious(task: Task, nowMs: WallMs, nodes: number): ReadonlyMap<NodeId, number> {
    const key = keyOf(task);
    const serious = this.#seriousOf(key, nowMs);
    for (const other of this.#globals) {
      if (other === key) continue;
      const ill = this.#seriousOf(other, nowMs);
      if (ill.size * 2 > nodes) continue;
      for (const nodeId of ill.keys()) serious.set(nodeId, (serious.get(nodeId) ?? 0) + 1);
    }
    return serious;
  }

  /** Forgets what is too old to count. */
  prune(nowMs: WallMs): void {
    for (const [key, nodes] of this.#instants) {
      for (const [nodeId, instants] of nodes) {
        if ((instants.at(-1) ?? 0) <= nowMs - FAILURE_WINDOW_MS) nodes.delete(nodeId);
      }
      if (nodes.size > 0) continue;
      this.#instants.delete(key);
      this.#globals.delete(key);
    }
  }

  #seriousOf(key: string, nowMs: WallMs): Map<NodeId, number> {
    const serious = new Map<NodeId, number>();
    for (const [nodeId, instants] of this.#instants.get(key) ?? []) {
      const recent = instants.filter((instant) => instant > nowMs - FAILURE_WINDOW_MS).length;
      if (recent >= FAILURES_SERIOUS) serious.set(nodeId, recent);
    }
    return serious;
  }

  #add(task: Task): void {
    if (task.nodeId === "") return;
    const key = keyOf(task);
    if (task.slot === 0) this.#globals.add(key);
    const nodes = this.#instants.get(key) ?? new Map<NodeId, WallMs[]>();
    this.#instants.set(key, nodes);
    const instants = nodes.get(task.nodeId) ?? [];
    nodes.set(task.nodeId, instants);
    instants.push(task.status.appliedAtMs || task.status.timestampMs);
    if (instants.length > FAILURES_KEPT_MAX) instants.shift();
  }
}

function isFailure({ status, nodeId }: Task): boolean {
  return (status.state === "FAILED" || status.state === "REJECTED") && nodeId !== "";
}

function keyOf({ serviceId, generation }: Task): string {
  return `${serviceId}/${generation}`;
}
