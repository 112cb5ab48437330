import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { ReadView } from "../store/store-types.ts";
import { isWaiting } from "./waiting-tasks.ts";

/** That the room which some tasks leave on a node is for a task that waits. */
export interface Claim {
  readonly by: TaskId;
  readonly nodeId: NodeId;
  readonly victims: ReadonlySet<TaskId>;
}

/**
 * Rooms that are made for tasks by stopping others: nobody else gets them while the task waits. They follow from the
 * victims, which say for whom they had to go; so a new leader knows them, too.
 */
export class Claims {
  /** By the task that waits, then by node: two of them if it has lost one meanwhile. */
  readonly #claims = new Map<TaskId, Map<NodeId, Set<TaskId>>>();
  readonly #ofVictim = new Map<TaskId, { readonly by: TaskId; readonly nodeId: NodeId }>();

  *all(): Generator<Claim> {
    for (const [by, nodes] of this.#claims) for (const [nodeId, victims] of nodes) yield { by, nodeId, victims };
  }

  /** Takes in what the store now says of a task, as a victim and as one that waits for victims. */
  look(view: ReadView, taskId: TaskId): void {
    const task = view.get("task", taskId);
    if (this.#claims.has(taskId) && (task === undefined || !isWaiting(task))) this.#settle(taskId);
    const by = task?.preemption?.taskId as TaskId | undefined;
    const known = this.#ofVictim.get(taskId);
    if (task === undefined && known !== undefined) this.#forget(taskId, known);
    if (task === undefined || task.nodeId === "" || by === undefined || known !== undefined) return;
    const waiting = view.get("task", by);
    if (waiting === undefined || !isWaiting(waiting)) return;
    this.#ofVictim.set(taskId, { by, nodeId: task.nodeId });
    const nodes = this.#claims.get(by) ?? new Map<NodeId, Set<TaskId>>();
    this.#claims.set(by, nodes);
    nodes.set(task.nodeId, (nodes.get(task.nodeId) ?? new Set()).add(taskId));
  }

  /** It has its room, or wants none any more. */
  #settle(by: TaskId): void {
    for (const victims of this.#claims.get(by)?.values() ?? []) for (const id of victims) this.#ofVictim.delete(id);
    this.#claims.delete(by);
  }

  #forget(victim: TaskId, { by, nodeId }: { readonly by: TaskId; readonly nodeId: NodeId }): void {
    this.#ofVictim.delete(victim);
    const nodes = this.#claims.get(by);
    const victims = nodes?.get(nodeId);
    victims?.delete(victim);
    if (victims?.size === 0) nodes?.delete(nodeId);
    if (nodes?.size === 0) this.#claims.delete(by);
  }
}
