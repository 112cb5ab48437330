import type { Change, Store } from "../../../manager/store/store-types.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { isRunnable } from "../../../shared/objects/task-state.ts";
import type { Task } from "../../../shared/objects/types.ts";

/** How many tasks run, and where, counted commit by commit: to look at all of them would cost what is measured. */
export class RunningTasks implements Disposable {
  readonly #byNode = new Map<string, number>();
  readonly #subscription: Disposable;
  #count = 0;

  constructor(store: Store) {
    for (const task of store.view().all("task")) this.#add(task, 1);
    this.#subscription = store.subscribe(({ changes }) => {
      for (const change of changes) this.#note(change);
    });
  }

  get count(): number {
    return this.#count;
  }

  countOutside(nodeIds: Iterable<NodeId>): number {
    let outside = this.#count;
    for (const id of nodeIds) outside -= this.#byNode.get(id) ?? 0;
    return outside;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #note(change: Change): void {
    if (change.kind !== "task") return;
    if (change.old !== null) this.#add(change.old, -1);
    if (change.action !== "remove") this.#add(change.object, 1);
  }

  #add(task: Task, by: 1 | -1): void {
    if (task.status.state !== "RUNNING" || !isRunnable(task)) return;
    this.#count += by;
    this.#byNode.set(task.nodeId, (this.#byNode.get(task.nodeId) ?? 0) + by);
  }
}
