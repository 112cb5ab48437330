import type { NodeId } from "../../shared/ids.ts";
import { isFinal, rankOf } from "../../shared/objects/task-state.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { InstantMs, WallMs } from "../../shared/ports/clock.ts";
import type { Commit, ReadView } from "../store/store-types.ts";
import { isSilent } from "../tasks/loss.ts";
import { isolate, type Trouble } from "../trouble.ts";

/**
 * Which nodes are silent, and since when by this leader's own monotonic clock. A leader that takes over counts anew: it
 * cannot know how far the old one's clock was from its own, and a task that is replaced too early runs twice, while one
 * that is replaced later is only missed for longer.
 */
export class Absences {
  readonly #since = new Map<NodeId, InstantMs>();
  /** Nodes with tasks that count as lost. */
  readonly #marked = new Set<NodeId>();

  /** Takes in everything, a task with each step. */
  *fill(view: () => ReadView): Generator<void> {
    for (const task of view().all("task")) {
      this.#look(task);
      yield;
    }
  }

  note({ changes }: Commit): void {
    for (const { kind, object } of changes) if (kind === "task") this.#look(object);
  }

  /** Looks who is silent now. To be called at each tick. */
  watch(view: ReadView, nowMs: InstantMs, troubles: Trouble[]): void {
    const silent = new Set<NodeId>();
    const look = (node: Node): void => {
      if (isSilent(node)) silent.add(node.id);
    };
    for (const node of view.all("node")) isolate(troubles, `node ${node.id}`, () => look(node), undefined);
    for (const id of this.#since.keys()) if (!silent.has(id)) this.#since.delete(id);
    for (const id of silent) if (!this.#since.has(id)) this.#since.set(id, nowMs);
  }

  /** Tasks as they become: those whose own time is over, and those whose node is heard again. */
  changes(view: ReadView, nowMs: InstantMs, wallMs: WallMs, troubles: Trouble[]): readonly Task[] {
    const losses = [...this.#since].flatMap(([id, sinceMs]) =>
      view.tasksOfNode(id).flatMap((task) => {
        const look = (): readonly Task[] => (isDue(task, nowMs - sinceMs) ? [{ ...task, lostAtMs: wallMs }] : []);
        return isolate(troubles, `task ${task.id}`, look, []);
      }),
    );
    return [...losses, ...this.#heard(view)];
  }

  #heard(view: ReadView): readonly Task[] {
    const heard: Task[] = [];
    for (const id of this.#marked) {
      const marked = view.tasksOfNode(id).filter(({ lostAtMs }) => lostAtMs !== undefined);
      if (marked.length === 0) this.#marked.delete(id);
      const node = view.get("node", id);
      if (node !== undefined && !isSilent(node)) heard.push(...marked.map(({ lostAtMs: _, ...task }) => task));
    }
    return heard;
  }

  #look({ nodeId, lostAtMs }: Task): void {
    if (lostAtMs !== undefined && nodeId !== "") this.#marked.add(nodeId);
  }
}

function isDue({ spec, status, lostAtMs }: Task, silentMs: number): boolean {
  const afterMs = spec.loss?.lostAfterMs ?? 0;
  const mayRun = rankOf(status.state) >= rankOf("ASSIGNED") && !isFinal(status.state);
  return afterMs > 0 && lostAtMs === undefined && mayRun && silentMs >= afterMs;
}
