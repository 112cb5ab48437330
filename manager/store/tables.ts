import type { NodeId, ServiceId } from "../../shared/ids.ts";
import { invariant, mustHave } from "../../shared/invariant.ts";
import type { Cluster, Network, ObjectKind, ObjectKinds, Service, Task } from "../../shared/objects/types.ts";
import { SortedList } from "./sorted-list.ts";
import type { ReadView } from "./store-types.ts";

const NO_TASKS: readonly Task[] = [];

/**
 * All objects of one state, with the indexes the control loops look things up by.
 *
 * Invariants: (1) `#byName` holds exactly the names of the services and networks in `#tables`, in lower case;
 * (2) a task is in the group of its service and, once assigned, in the group of its node, and in no other;
 * (3) objects are never changed in place, only replaced.
 */
export class Tables implements ReadView {
  version: number;
  readonly #tables: PerKind;
  readonly #serviceIds: Map<string, string>;
  readonly #networkIds: Map<string, string>;
  readonly #tasksByService: TaskGroups;
  readonly #tasksByNode: TaskGroups;

  /** Without `source` empty; else a state of its own that starts with the same objects. */
  constructor(source?: Tables) {
    const from = source === undefined ? null : source.#parts();
    this.version = source?.version ?? 0;
    this.#tables = createPerKind((kind) => new Table(from?.tables[kind]));
    this.#serviceIds = new Map(from?.serviceIds);
    this.#networkIds = new Map(from?.networkIds);
    this.#tasksByService = new TaskGroups(from?.tasksByService);
    this.#tasksByNode = new TaskGroups(from?.tasksByNode);
  }

  get<Kind extends ObjectKind>(kind: Kind, id: string): ObjectKinds[Kind] | undefined {
    return this.#tables[kind].byId.get(id);
  }

  all<Kind extends ObjectKind>(kind: Kind): readonly ObjectKinds[Kind][] {
    return this.#tables[kind].sorted.all();
  }

  serviceByName(name: string): Service | undefined {
    return this.get("service", this.#serviceIds.get(name.toLowerCase()) ?? "");
  }

  networkByName(name: string): Network | undefined {
    return this.get("network", this.#networkIds.get(name.toLowerCase()) ?? "");
  }

  tasksOfService(serviceId: ServiceId): readonly Task[] {
    return this.#tasksByService.of(serviceId);
  }

  tasksOfNode(nodeId: NodeId): readonly Task[] {
    return this.#tasksByNode.of(nodeId);
  }

  cluster(): Cluster {
    return mustHave(this.all("cluster")[0], "the cluster object");
  }

  /** Creates or replaces an object and brings the indexes up to date. */
  put<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const old = this.#tables[kind].byId.get(object.id);
    if (old !== undefined) this.#unindex(kind, old, object);
    this.#tables[kind].byId.set(object.id, object);
    this.#tables[kind].sorted.set(object);
    this.#index(kind, object, old ?? null);
  }

  /** Removes an object that is there. */
  remove<Kind extends ObjectKind>(kind: Kind, id: string): void {
    const old = mustHave(this.#tables[kind].byId.get(id), `${kind} ${id}`);
    this.#tables[kind].byId.delete(id);
    this.#tables[kind].sorted.remove(id);
    this.#unindex(kind, old, null);
  }

  /** `old` is what was in the object's place, unindexed already. */
  #index(kind: ObjectKind, object: ObjectKinds[ObjectKind], old: ObjectKinds[ObjectKind] | null): void {
    const names = this.#namesOf(kind);
    if (names !== null) {
      const name = nameOf(object as Service | Network);
      const holder = names.get(name);
      invariant(holder === undefined || holder === object.id, () => `two ${kind}s are named ${name}`);
      names.set(name, object.id);
    }
    if (kind === "task") {
      const task = object as Task;
      const before = old as Task | null;
      this.#tasksByService.set(task.serviceId, task, before?.serviceId !== task.serviceId);
      if (task.nodeId !== "") this.#tasksByNode.set(task.nodeId, task, before?.nodeId !== task.nodeId);
    }
  }

  /** `next` is what takes the old object's place: where both are in the same group, nothing has to be removed. */
  #unindex(kind: ObjectKind, old: ObjectKinds[ObjectKind], next: ObjectKinds[ObjectKind] | null): void {
    this.#namesOf(kind)?.delete(nameOf(old as Service | Network));
    if (kind === "task") {
      const { id, serviceId, nodeId } = old as Task;
      const heir = next as Task | null;
      if (heir?.serviceId !== serviceId) this.#tasksByService.remove(serviceId, id);
      if (nodeId !== "" && heir?.nodeId !== nodeId) this.#tasksByNode.remove(nodeId, id);
    }
  }

  #parts() {
    return {
      tables: this.#tables,
      serviceIds: this.#serviceIds,
      networkIds: this.#networkIds,
      tasksByService: this.#tasksByService,
      tasksByNode: this.#tasksByNode,
    };
  }

  #namesOf(kind: ObjectKind): Map<string, string> | null {
    return kind === "service" ? this.#serviceIds : kind === "network" ? this.#networkIds : null;
  }
}

class Table<Kind extends ObjectKind> {
  readonly byId: Map<string, ObjectKinds[Kind]>;
  readonly sorted: SortedList<ObjectKinds[Kind]>;

  constructor(source?: Table<Kind>) {
    this.byId = new Map(source?.byId);
    this.sorted = source?.sorted.clone() ?? new SortedList();
  }
}

interface TaskGroup {
  size: number;
  readonly tasks: SortedList<Task>;
}

/** Tasks by the id of what they belong to. A group without tasks is forgotten. */
class TaskGroups {
  readonly #groups = new Map<string, TaskGroup>();

  constructor(source?: TaskGroups) {
    if (source === undefined) return;
    for (const [key, { size, tasks }] of source.#groups) this.#groups.set(key, { size, tasks: tasks.clone() });
  }

  of(key: string): readonly Task[] {
    return this.#groups.get(key)?.tasks.all() ?? NO_TASKS;
  }

  /** `isNew`: no task of this id is in the group. */
  set(key: string, task: Task, isNew: boolean): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { size: 0, tasks: new SortedList() };
      this.#groups.set(key, group);
    }
    if (isNew) group.size++;
    group.tasks.set(task);
  }

  /** The task is in the group. */
  remove(key: string, id: string): void {
    const group = mustHave(this.#groups.get(key), `a task group of ${key}`);
    group.size--;
    if (group.size === 0) this.#groups.delete(key);
    else group.tasks.remove(id);
  }
}

type PerKind = { readonly [Kind in ObjectKind]: Table<Kind> };

function createPerKind(create: <Kind extends ObjectKind>(kind: Kind) => Table<Kind>): PerKind {
  return {
    node: create("node"),
    service: create("service"),
    task: create("task"),
    network: create("network"),
    cluster: create("cluster"),
  };
}

const nameOf = (object: Service | Network): string => object.spec.annotations.name.toLowerCase();
