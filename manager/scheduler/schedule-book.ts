import type { NodeId } from "../../shared/ids.ts";
import { isFinal, isRunnable } from "../../shared/objects/task-state.ts";
import type { Service, Task } from "../../shared/objects/types.ts";
import type { ChangeOf } from "../store/by-kind.ts";
import type { Change, ReadView } from "../store/store-types.ts";
import { isPlaced } from "../tasks/host-ports.ts";
import { changesFitness } from "../tasks/node-fitness.ts";
import { Avoiders } from "./avoiders.ts";
import { Claims } from "./claims.ts";
import { LoadBook } from "./load-book.ts";
import { type Group, WaitingTasks } from "./waiting-tasks.ts";

/**
 * What the scheduler decides from, derived from the store's committed objects and kept up to date commit by commit. It
 * can be thrown away at any time: `fill` makes it anew, in steps between which commits may come.
 */
export class ScheduleBook {
  readonly loads = new LoadBook();
  readonly avoiders = new Avoiders();
  readonly claims = new Claims();
  readonly waiting = new WaitingTasks();
  /** Nodes on which something has become free since blocked groups were last compared with them. */
  readonly roomier = new Set<NodeId>();

  /** Made from nothing. */
  static of(view: ReadView): ScheduleBook {
    const book = new ScheduleBook();
    for (const _ of book.fill(() => view));
    return book;
  }

  /** Whether a pass may achieve something. */
  get hasWork(): boolean {
    return this.waiting.marked.size > 0 || (this.roomier.size > 0 && this.waiting.hasBlocked);
  }

  /** Takes in everything, an object or a few with each step. Each is read when its turn comes. */
  *fill(view: () => ReadView): Generator<void> {
    for (const { id } of view().all("service")) {
      this.avoiders.look(view(), id);
      yield;
    }
    for (const { id } of view().all("node")) {
      this.loads.lookAtNode(view(), id);
      yield;
    }
    for (const { id } of view().all("task")) {
      this.waiting.look(id, view().get("task", id));
      this.claims.look(view(), id);
      yield;
    }
  }

  /** A plan was made from all that has been noted: for `done` nothing more can be done, for `rest` no time was left. */
  accept({ done, rest }: { readonly done: readonly Group[]; readonly rest: readonly Group[] }): void {
    this.roomier.clear();
    for (const group of done) this.waiting.unmark(group);
    for (const group of rest) this.waiting.mark(group);
  }

  note(change: Change, view: ReadView): void {
    if (change.kind === "task") this.#noteTask(change.object, change.old, view);
    if (change.kind === "service") this.#noteService(change.object, change.action, view);
    if (change.kind === "cluster" && changesPlacement(change)) this.waiting.markAll();
    if (change.kind !== "node") return;
    this.loads.lookAtNode(view, change.object.id);
    // What such a change means to a group, only its filters know.
    if (changesFitness(change)) this.waiting.markAll();
  }

  /** Looks again at what was found ill, and at all that waits. */
  retry(view: ReadView): void {
    this.loads.retry(view);
    this.waiting.markAll();
  }

  #noteTask(task: Task, old: Task | null, view: ReadView): void {
    this.waiting.look(task.id, view.get("task", task.id));
    this.claims.look(view, task.id);
    if (task.nodeId === "") return;
    this.#noteNeighbour(task, old, view);
    this.loads.lookAtTask(view, task.id, task.nodeId);
    const isGone = view.get("task", task.id) === undefined;
    const ends = old !== null && isFinal(old.status.state) !== isFinal(task.status.state);
    if (isGone || ends || (old !== null && isRunnable(old) !== isRunnable(task))) this.roomier.add(task.nodeId);
  }

  #noteService(service: Service, action: Change["action"], view: ReadView): void {
    // Whoever it kept away may now have a node.
    if (this.avoiders.look(view, service.id)) this.waiting.markAll();
    if (action === "update") return;
    try {
      this.waiting.markNear(service.spec.annotations.name);
    } catch {
      // It is ill, so that nobody knows whom it concerns.
      this.waiting.markAll();
    }
  }

  /** What affinities count has changed, on one node or on many. */
  #noteNeighbour(task: Task, old: Task | null, view: ReadView): void {
    const counted = old !== null && isCounted(old);
    const isThere = view.get("task", task.id) !== undefined && isCounted(task);
    if (counted === isThere) return;
    this.waiting.markNear(task.serviceAnnotations.name);
    if (!isThere && this.avoiders.reachesFar(task.serviceId)) this.waiting.markAll();
  }
}

const isCounted = (task: Task): boolean => isPlaced(task) && isRunnable(task);

/** Whether tasks that wait may have a node by other settings of the cluster. */
function changesPlacement({ old, object }: ChangeOf<"cluster">): boolean {
  return old !== null && old.spec.preemption !== object.spec.preemption;
}
