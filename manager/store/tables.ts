import type { NodeId, ServiceId } from "../../shared/ids.ts";
import { invariant, mustHave } from "../../shared/invariant.ts";
import { KINDS, perKind, type References } from "../../shared/objects/kinds.ts";
import {
  type Cluster,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectKinds,
  type Task,
} from "../../shared/objects/types.ts";
import { SortedList } from "./sorted-list.ts";
import type { ReadView } from "./store-types.ts";

const NO_IDS: readonly string[] = [];
const NO_REFERENCES: References = {};

/**
 * All objects of one state, with the indexes that the table of kinds asks for.
 *
 * Invariants: (1) a kind with unique names has in `#idsByName` exactly the names of its objects, in lower case;
 * (2) an object is in the group of each object that it refers to, and in no other;
 * (3) objects are never changed in place, only replaced.
 */
export class Tables implements ReadView {
  version = 0;
  readonly #tables: PerKind = perKind(() => new Table());
  readonly #idsByName: NamesPerKind = perKind(() => new Map());
  readonly #referrers: ReferrersPerKind = perKind(() => new Referrers());

  get<Kind extends ObjectKind>(kind: Kind, id: string): ObjectKinds[Kind] | undefined {
    return this.#tables[kind].byId.get(id);
  }

  all<Kind extends ObjectKind>(kind: Kind): readonly ObjectKinds[Kind][] {
    return this.#tables[kind].sorted.all();
  }

  byName<Kind extends ObjectKind>(kind: Kind, name: string): ObjectKinds[Kind] | undefined {
    invariant(KINDS[kind].hasUniqueName, () => `several objects of kind ${kind} may have one name`);
    return this.get(kind, this.#idsByName[kind].get(name.toLowerCase()) ?? "");
  }

  referring<Kind extends ObjectKind>(kind: Kind, to: ObjectKind, id: string): readonly ObjectKinds[Kind][] {
    return this.#referrers[kind].of(to, id);
  }

  referred(kind: ObjectKind, to: ObjectKind): Iterable<string> {
    return this.#referrers[kind].referred(to);
  }

  tasksOfService(serviceId: ServiceId): readonly Task[] {
    return this.referring("task", "service", serviceId);
  }

  tasksOfNode(nodeId: NodeId): readonly Task[] {
    return this.referring("task", "node", nodeId);
  }

  cluster(): Cluster {
    return mustHave(this.all("cluster")[0], "the cluster object");
  }

  /** Creates or replaces an object and brings the indexes up to date. */
  put<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind]): void {
    const { byId, sorted } = this.#tables[kind];
    const old = byId.get(object.id);
    byId.set(object.id, object);
    sorted.set(object);
    this.#rename(kind, old, object);
    this.#referrers[kind].put(object, referencesOf(kind, old), referencesOf(kind, object));
  }

  /** Removes an existing object. */
  remove<Kind extends ObjectKind>(kind: Kind, id: string): void {
    const { byId, sorted } = this.#tables[kind];
    const old = mustHave(byId.get(id), `${kind} ${id}`);
    byId.delete(id);
    sorted.remove(id);
    this.#rename(kind, old, undefined);
    this.#referrers[kind].remove(id, referencesOf(kind, old));
  }

  #rename<Kind extends ObjectKind>(
    kind: Kind,
    old: ObjectKinds[Kind] | undefined,
    next: ObjectKinds[Kind] | undefined,
  ): void {
    const { hasUniqueName, nameOf } = KINDS[kind];
    if (!hasUniqueName) return;
    const ids = this.#idsByName[kind];
    if (old !== undefined) ids.delete(nameOf(old).toLowerCase());
    if (next === undefined) return;
    const name = nameOf(next).toLowerCase();
    invariant(!ids.has(name), () => `two objects of kind ${kind} are named ${name}`);
    ids.set(name, next.id);
  }
}

class Table<Kind extends ObjectKind> {
  readonly byId = new Map<string, ObjectKinds[Kind]>();
  readonly sorted = new SortedList<ObjectKinds[Kind]>();
}

interface Group<T extends { readonly id: string }> {
  size: number;
  readonly objects: SortedList<T>;
}

/** Objects of one kind by what they refer to. A group without objects is dropped. */
class Referrers<Kind extends ObjectKind> {
  readonly #groups: { readonly [To in ObjectKind]: Map<string, Group<ObjectKinds[Kind]>> } = perKind(() => new Map());

  referred(to: ObjectKind): Iterable<string> {
    return this.#groups[to].keys();
  }

  of(to: ObjectKind, id: string): readonly ObjectKinds[Kind][] {
    return this.#groups[to].get(id)?.objects.all() ?? [];
  }

  put(object: ObjectKinds[Kind], before: References, after: References): void {
    for (const to of OBJECT_KINDS) {
      const ids = after[to] ?? NO_IDS;
      const idsBefore = before[to] ?? NO_IDS;
      for (const id of ids) this.#add(to, id, object, !idsBefore.includes(id));
      for (const id of idsBefore) if (!ids.includes(id)) this.#drop(to, id, object.id);
    }
  }

  remove(objectId: string, before: References): void {
    for (const to of OBJECT_KINDS) for (const id of before[to] ?? NO_IDS) this.#drop(to, id, objectId);
  }

  /** `isNew`: no object of this id is in the group. */
  #add(to: ObjectKind, id: string, object: ObjectKinds[Kind], isNew: boolean): void {
    let group = this.#groups[to].get(id);
    if (group === undefined) {
      group = { size: 0, objects: new SortedList() };
      this.#groups[to].set(id, group);
    }
    if (isNew) group.size++;
    group.objects.set(object);
  }

  #drop(to: ObjectKind, id: string, objectId: string): void {
    const group = mustHave(this.#groups[to].get(id), `what refers to ${to} ${id}`);
    group.size--;
    if (group.size === 0) this.#groups[to].delete(id);
    else group.objects.remove(objectId);
  }
}

type PerKind = { readonly [Kind in ObjectKind]: Table<Kind> };
type NamesPerKind = { readonly [Kind in ObjectKind]: Map<string, string> };
type ReferrersPerKind = { readonly [Kind in ObjectKind]: Referrers<Kind> };

function referencesOf<Kind extends ObjectKind>(kind: Kind, object: ObjectKinds[Kind] | undefined): References {
  return object === undefined ? NO_REFERENCES : KINDS[kind].referencesOf(object);
}
