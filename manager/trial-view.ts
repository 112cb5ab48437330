import type { NodeId, ServiceId } from "../shared/ids.ts";
import type { Cluster, ObjectKind, ObjectKinds, Task } from "../shared/objects/types.ts";
import type { ReadView } from "./store/store-types.ts";

/**
 * The store as it would be with some tasks more and some less, for decisions about what is not to happen yet. It costs
 * what differs, not what there is; like any view it is for one turn of the event loop.
 */
export class TrialView implements ReadView {
  readonly #base: ReadView;
  /** null = taken away. */
  readonly #tasks = new Map<string, Task | null>();

  constructor(base: ReadView) {
    this.#base = base;
  }

  put(task: Task): void {
    this.#tasks.set(task.id, task);
  }

  takeAway(task: Task): void {
    this.#tasks.set(task.id, null);
  }

  get version(): number {
    return this.#base.version;
  }

  get<Kind extends ObjectKind>(kind: Kind, id: string): ObjectKinds[Kind] | undefined {
    const tried = kind === "task" ? this.#tasks.get(id) : undefined;
    if (tried === undefined) return this.#base.get(kind, id);
    return (tried ?? undefined) as ObjectKinds[Kind] | undefined;
  }

  all<Kind extends ObjectKind>(kind: Kind): readonly ObjectKinds[Kind][] {
    const all = this.#base.all(kind);
    return kind === "task" ? (this.#changed(all as readonly Task[], () => true) as never) : all;
  }

  byName<Kind extends ObjectKind>(kind: Kind, name: string): ObjectKinds[Kind] | undefined {
    return this.#base.byName(kind, name);
  }

  referring<Kind extends ObjectKind>(kind: Kind, to: ObjectKind, id: string): readonly ObjectKinds[Kind][] {
    if (kind === "task" && to === "service") return this.tasksOfService(id as ServiceId) as never;
    if (kind === "task" && to === "node") return this.tasksOfNode(id as NodeId) as never;
    return this.#base.referring(kind, to, id);
  }

  referred(kind: ObjectKind, to: ObjectKind): Iterable<string> {
    if (kind !== "task") return this.#base.referred(kind, to);
    const tried = [...this.#tasks.values()].filter((task) => task !== null);
    const ids = tried.map((task) => (to === "service" ? task.serviceId : to === "node" ? task.nodeId : ""));
    return new Set([...this.#base.referred(kind, to), ...ids.filter((id) => id !== "")]);
  }

  tasksOfService(serviceId: ServiceId): readonly Task[] {
    return this.#changed(this.#base.tasksOfService(serviceId), (task) => task.serviceId === serviceId);
  }

  tasksOfNode(nodeId: NodeId): readonly Task[] {
    return this.#changed(this.#base.tasksOfNode(nodeId), (task) => task.nodeId === nodeId);
  }

  cluster(): Cluster {
    return this.#base.cluster();
  }

  #changed(tasks: readonly Task[], belongs: (task: Task) => boolean): readonly Task[] {
    const others = tasks.filter(({ id }) => !this.#tasks.has(id));
    const tried = [...this.#tasks.values()].filter((task) => task !== null);
    return [...others, ...tried.filter(belongs)].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}
