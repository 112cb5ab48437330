import type { NodeId, ServiceId } from "../../shared/ids.ts";
import { invariant, mustHave } from "../../shared/invariant.ts";
import {
  type Cluster,
  type Network,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectKinds,
  type Service,
  type Task,
} from "../../shared/objects/types.ts";
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
  version = 0;
  readonly #tables = createPerKind((kind) => new Table(kind));
  readonly #serviceIds = new Map<string, string>();
  readonly #networkIds = new Map<string, string>();
  readonly #tasksByService = new TaskGroups();
  readonly #tasksByNode = new TaskGroups();

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
    this.#index(kind, object);
  }

  /** Removes an object that is there. */
  remove<Kind extends ObjectKind>(kind: Kind, id: string): void {
    const old = mustHave(this.#tables[kind].byId.get(id), `${kind} ${id}`);
    this.#tables[kind].byId.delete(id);
    this.#tables[kind].sorted.remove(id);
    this.#unindex(kind, old, null);
  }

  /** A state of its own that starts with the same objects. Costs time in proportion to all objects. */
  clone(): Tables {
    const copy = new Tables();
    copy.version = this.version;
    for (const kind of OBJECT_KINDS) for (const object of this.all(kind)) copy.put(kind, object);
    return copy;
  }

  #index(kind: ObjectKind, object: ObjectKinds[ObjectKind]): void {
    const names = this.#namesOf(kind);
    if (names !== null) {
      const name = nameOf(object as Service | Network);
      const holder = names.get(name);
      invariant(holder === undefined || holder === object.id, () => `two ${kind}s are named ${name}`);
      names.set(name, object.id);
    }
    if (kind === "task") {
      const task = object as Task;
      this.#tasksByService.add(task.serviceId, task);
      if (task.nodeId !== "") this.#tasksByNode.add(task.nodeId, task);
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

  #namesOf(kind: ObjectKind): Map<string, string> | null {
    return kind === "service" ? this.#serviceIds : kind === "network" ? this.#networkIds : null;
  }
}

class Table<Kind extends ObjectKind> {
  readonly byId = new Map<string, ObjectKinds[Kind]>();
  readonly sorted = new SortedList<ObjectKinds[Kind]>();
  readonly kind: Kind;
  constructor(kind: Kind) {
    this.kind = kind;
  }
}

/** Tasks by the id of what they belong to. A group without tasks is forgotten. */
class TaskGroups {
  readonly #groups = new Map<string, { readonly ids: Set<string>; readonly tasks: SortedList<Task> }>();

  of(key: string): readonly Task[] {
    return this.#groups.get(key)?.tasks.all() ?? NO_TASKS;
  }

  add(key: string, task: Task): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { ids: new Set(), tasks: new SortedList() };
      this.#groups.set(key, group);
    }
    group.ids.add(task.id);
    group.tasks.set(task);
  }

  remove(key: string, id: string): void {
    const group = mustHave(this.#groups.get(key), `a task group of ${key}`);
    group.ids.delete(id);
    if (group.ids.size === 0) this.#groups.delete(key);
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
